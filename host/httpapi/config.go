package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/logging"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// DefaultMaxBody is the bound on a request's body where Config has none: 4 MiB.
const DefaultMaxBody = 4 << 20

// DefaultBodyMemory is the bound on all bodies and answers together where Config has none: 64 MiB.
const DefaultBodyMemory = 64 << 20

// Config is what New needs. Node is required.
type Config struct {
	Node *node.Node
	// Current is the node that has taken Node's place, by which customers are judged whose requests last; nil: Node
	// itself.
	Current func() *node.Node
	// Compat is whose answers are given; empty: that of the node's settings.
	Compat core.Version
	// AllowedHosts are the names under which clients may call (Django's ALLOWED_HOSTS): ".example.com" allows a domain
	// and all below it. Empty: any. The health checks are answered under every name.
	AllowedHosts []string
	// ErrorHeader adds X-Auth-Error to refusals: a short name of the cause that says no more than the body does.
	ErrorHeader bool
	// AuthHeaderName is AUTH_HEADER_NAME, in the form of WSGI; empty: HTTP_AUTHORIZATION.
	AuthHeaderName string
	// Info is what the health checks show.
	Info Info
	// MaxBody bounds the body of a request, in bytes; 0: DefaultMaxBody.
	MaxBody int64
	// BodyMemory bounds all bodies together while they arrive and are read, all headers over 8 KiB, and all answers over
	// 4 KiB until they are written, in bytes; 0: DefaultBodyMemory. Where it is used up, the request ends that has
	// waited longest for its client, with a 503 if it still can be answered; where none does, what there is no room for
	// becomes a 503. It must be more than MaxBody.
	BodyMemory int64
	// MaxFields bounds the number of fields of a form; 0: 1000, Django's DATA_UPLOAD_MAX_NUMBER_FIELDS, which is the most.
	MaxFields int
	// TrustedHops is how many proxies that are ours each request comes through, which write X-Forwarded-For (Django REST
	// framework's NUM_PROXIES). 0: none, the peer is the client. Too many let a client choose the address that it is
	// known by.
	TrustedHops int
	// Throttles are off by default.
	Throttles Throttles
	// ThrottleHistory is what the throttles remember; nil: one of the handler's own. Handlers may share one, so that a
	// handler which takes another's place knows what that one admitted.
	ThrottleHistory *throttle.History
	// ForwardAuth says how GET /auth/check/ answers.
	ForwardAuth ForwardAuth
	// Now is the clock of the throttles; nil: time.Now.
	Now func() time.Time
	// LoginAnswer is what the answer to a log-in shows of the customer beside the tokens; nil: nothing.
	LoginAnswer claimmap.Members
	// Samples adds views that show what this service does, for recordings and trials: one for each rule by which views ask for
	// rights, below /customers/, and POST /customers/me/, which answers with the body as it was read.
	Samples bool
	// Browser is how people are served who come with a browser.
	Browser browser.Config
	// TokenCookies keeps tokens in cookies; off by default.
	TokenCookies browser.TokenCookies
	// CORS lets pages of other origins call this node; none by default.
	CORS browser.CORS
	// BehindProxy says that a proxy before the node speaks TLS, so that browsers have come by it though the node does
	// not see it.
	BehindProxy bool
	// LogEmails adds the e-mail address of a log-in to its record.
	LogEmails bool
	// Observe is called once for each request, after it was answered, by many goroutines at once; nil: nothing is.
	Observe func(Observation)
	// Log gets one record for each request; nil: slog.Default.
	Log *slog.Logger
	// Repeats counts the requests that may be a flood; nil: one of the handler's own, whose last second is lost. Whoever
	// gives one flushes it.
	Repeats *logging.Repeats
}

// filled is c with its defaults.
func (c Config) filled() Config {
	if c.Compat == "" {
		c.Compat = c.Node.Settings().Compat
	}
	if c.AuthHeaderName == "" {
		c.AuthHeaderName = "HTTP_AUTHORIZATION"
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.BodyMemory == 0 {
		c.BodyMemory = max(DefaultBodyMemory, 2*c.MaxBody)
	}
	if c.MaxFields == 0 {
		c.MaxFields = django.MaxFields
	}
	if c.ThrottleHistory == nil {
		c.ThrottleHistory = throttle.NewHistory(0)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Repeats == nil {
		c.Repeats = logging.NewRepeats(c.Log)
	}
	c.Browser, c.TokenCookies, c.ForwardAuth = c.Browser.Filled(), c.TokenCookies.Filled(), c.ForwardAuth.Filled()
	return c
}

// validate names every mistake in a filled c.
func (c *Config) validate() error {
	var errs []error
	if _, known := versions[c.Compat]; !known {
		errs = append(errs, fmt.Errorf("httpapi: Compat %q is no version that is spoken here; use \"5.5\" or \"5.2\"", c.Compat))
	}
	if name, ok := strings.CutPrefix(c.AuthHeaderName, "HTTP_"); !ok || name == "" {
		errs = append(errs, fmt.Errorf("AUTH_HEADER_NAME %q is not the name of a header: write HTTP_ and the name in capitals, as HTTP_X_ACCESS_TOKEN for X-Access-Token",
			c.AuthHeaderName))
	}
	if c.MaxBody < 0 || c.BodyMemory <= c.MaxBody {
		errs = append(errs, errors.New("httpapi: MaxBody must not be negative, and less than BodyMemory"))
	}
	if c.MaxFields < 0 || c.MaxFields > django.MaxFields {
		errs = append(errs, fmt.Errorf("httpapi: MaxFields must be 0 to %d", django.MaxFields))
	}
	if c.TrustedHops < 0 {
		errs = append(errs, errors.New("httpapi: TrustedHops must not be negative"))
	}
	errs = append(errs, c.Throttles.validate())
	for _, err := range c.LoginAnswer.Validate(ReservedMember) {
		errs = append(errs, fmt.Errorf("httpapi: LoginAnswer: %w", err))
	}
	errs = append(errs, c.Browser.Validate(), c.TokenCookies.Validate(), c.CORS.Validate(), c.ForwardAuth.Validate(),
		browser.CheckNames(c.Browser, c.TokenCookies, c.ForwardAuth.Cookie))
	return errors.Join(errs...)
}
