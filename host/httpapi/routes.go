package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// view is one row of the table of routes: a path, who may call it, and what answers each method.
type view struct {
	path string
	// name and description are what OPTIONS shows.
	name, description string
	// fields are the fields of a POST body as OPTIONS shows them; nil where a view takes anything.
	fields []field
	// authenticates: the Authorization header is read, and a session asked for where it has no token of ours (JWTAuthentication, then
	// SessionAuthentication). The token views read neither, so that a stale header does not keep anyone from logging in.
	authenticates bool
	// rule says who may call the view; zero: anyone. model is whose rights it asks for, "app_label.model"; "" where it knows no rights.
	rule  core.Rule
	model string
	// logsIn: requests count as log-ins for the throttles.
	logsIn bool
	// get to remove answer GET, POST, PUT, PATCH and DELETE; nil where the view has none. HEAD is answered as GET.
	get, post, put, patch, remove func(*request) (django.Value, error)
}

// field is a field of a body.
type field struct {
	name, label string
	readOnly    bool // only in answers
}

// views is the table of routes.
func views() []view {
	return []view{
		{
			path: "/auth/token/", name: "Token Obtain Pair",
			description: "Takes a set of user credentials and returns an access and refresh JSON web\n" +
				"token pair to prove the authentication of those credentials.",
			fields: []field{{name: "email", label: "Email"}, {name: "password", label: "Password"}},
			logsIn: true,
			post:   obtainPair,
		},
		{
			path: "/auth/token/refresh/", name: "Token Refresh",
			description: "Takes a refresh type JSON web token and returns an access type JSON web\n" +
				"token if the refresh token is valid.",
			fields: []field{{name: "refresh", label: "Refresh"}, {name: "access", label: "Access", readOnly: true}},
			post:   refreshToken,
		},
		{
			path: "/auth/token/verify/", name: "Token Verify",
			description: "Takes a token and indicates if it is valid.  This view provides no\n" +
				"information about a token's fitness for a particular use.",
			fields: []field{{name: "token", label: "Token"}},
			post:   verifyToken,
		},
		{
			path: "/auth/token/blacklist/", name: "Token Blacklist",
			description: "Takes a token and blacklists it. Must be used with the\n" +
				"`rest_framework_simplejwt.token_blacklist` app installed.",
			fields: []field{{name: "refresh", label: "Refresh"}},
			post:   blacklistToken,
		},
		{
			path: "/customers/me/", name: "Me",
			description:   "The customer that the request is authenticated as.",
			authenticates: true, rule: core.IsAuthenticated,
			get: showMe, post: echo,
		},
		{
			path: "/customers/", name: "Customer List",
			description:   "All customers.",
			authenticates: true, rule: core.IsAdminUser,
			get: listCustomers,
		},
		sample("/customers/open/", "Open", "Anyone.", core.AllowAny),
		sample("/customers/readonly/", "Read Only", "Anyone reads, customers write.", core.IsAuthenticatedOrReadOnly),
		sample("/customers/managed/", "Managed", "Model permissions.", core.DjangoModelPermissions),
		sample("/customers/directory/", "Directory", "Model permissions, anonymous read.", core.DjangoModelPermissionsOrAnonReadOnly),
	}
}
