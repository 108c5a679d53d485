package httpapi

import (
	"slices"

	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

const (
	// tokenPaths begins the paths of the views that issue, refresh, verify and blacklist tokens.
	tokenPaths  = "/auth/token/"
	slidingPath = "/auth/token/sliding/"
	// logOutAllPath is the view that ends every log-in of the customer who asks.
	logOutAllPath = "/auth/logout/all/"
	// passwordPath is the view that changes the password of the customer who asks.
	passwordPath = "/auth/password/change/"
	// sessionsPath is the view that lists the log-ins of the customer who asks, and begins that which ends one.
	sessionsPath = "/auth/sessions/"
	mePath       = "/customers/me/"
)

// views is the table of views. Routes, OPTIONS, OpenAPI, the pages of views and the start page come from it.
// A new endpoint is a row here and the function that it names.
func views(c *Config) []view {
	customer := customerSchema(c.Node.IDs())
	table := []view{
		{
			path: tokenPaths, name: "Token Obtain Pair",
			description: "Takes a set of user credentials and returns an access and refresh JSON web\n" +
				"token pair to prove the authentication of those credentials.",
			fields: []field{emailField, passwordField}, takes: "LoginRequest",
			logsIn: true,
			post:   action{answer: obtainPair, schema: pairSchema(c)},
		},
		{
			path: "/auth/token/refresh/", name: "Token Refresh",
			description: "Takes a refresh type JSON web token and returns an access type JSON web\n" +
				"token if the refresh token is valid.",
			fields: []field{refreshField, accessField}, takes: "RefreshRequest",
			post: action{answer: refreshToken, schema: accessSchema(c)},
		},
		{
			path: "/auth/token/verify/", name: "Token Verify",
			description: "Takes a token and indicates if it is valid.  This view provides no\n" +
				"information about a token's fitness for a particular use.",
			fields: []field{tokenField}, takes: "VerifyRequest",
			post: action{answer: verifyToken, schema: emptySchema},
		},
		{
			path: "/auth/token/blacklist/", name: "Token Blacklist",
			description: "Takes a token and blacklists it. Must be used with the\n" +
				"`rest_framework_simplejwt.token_blacklist` app installed.",
			shown:  "Takes a refresh token and blacklists it: from then on it is refused.",
			fields: []field{refreshField}, takes: "BlacklistRequest",
			post: action{answer: blacklistToken, schema: emptySchema},
		},
		{
			path: slidingPath, name: "Token Obtain Sliding",
			description: "Takes a set of user credentials and returns a sliding JSON web token to\n" +
				"prove the authentication of those credentials.",
			fields: []field{emailField, passwordField}, takes: "LoginRequest",
			logsIn: true,
			post:   action{answer: obtainSliding, schema: slidingLoginSchema(c)},
		},
		{
			path: slidingPath + "refresh/", name: "Token Refresh Sliding",
			description: "Takes a sliding JSON web token and returns a new, refreshed version if the\n" +
				"token's refresh period has not expired.",
			fields: []field{slidingField(c)}, takes: "SlidingRefreshRequest",
			post: action{answer: refreshSliding, schema: slidingSchema(c)},
		},
		{
			path: logOutAllPath, name: "Log Out Everywhere",
			description:   "Ends every log-in of the customer that the request is authenticated as, this one included.",
			authenticates: true, rule: permission.IsAuthenticated,
			post: action{answer: logOutEverywhere, schema: emptySchema},
		},
		{
			path: passwordPath, name: "Password Change",
			description: "Gives another password to the customer that the request is authenticated as, and ends " +
				"every log-in of it. A browser that asks by its cookies stays logged in.",
			authenticates: true, rule: permission.IsAuthenticated,
			fields: []field{currentPasswordField, newPasswordField}, takes: "PasswordChange",
			logsIn: true,
			post:   action{answer: changePassword, schema: emptySchema},
		},
		{
			path: mePath, name: "Me",
			description:   "The customer that the request is authenticated as.",
			authenticates: true, rule: permission.IsAuthenticated,
			get: action{answer: showMe, schema: customer},
		},
		{
			path: "/customers/", name: "Customer List",
			description:   "All customers.",
			authenticates: true, rule: permission.IsAdminUser,
			get: action{answer: listCustomers, schema: openapi.List(customer).Named("Customers")},
		},
	}
	if c.Node.ListsSessions() {
		table = slices.Concat(table, sessionViews)
	}
	if c.Samples {
		table = withSamples(table)
	}
	for i := range table {
		table[i].complete()
	}
	return table
}

// Permissions are those that Django makes for the model of customers. Views ask for no others. A customer may
// have more: claims carry them to other services.
func Permissions() []string { return permission.OfModel(customerModel) }
