package httpapi

import (
	"context"
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

// DefaultMaxBody is Config.MaxBody where that is 0: 4 MiB.
const DefaultMaxBody = 4 << 20

// DefaultBodyMemory is Config.BodyMemory where that is 0: 64 MiB.
const DefaultBodyMemory = 64 << 20

// Config is what New needs. Node is required.
type Config struct {
	Node *node.Node
	// Current is the node that has replaced Node. Long requests are authorised again by it; nil: by Node.
	Current func() *node.Node
	// Keys gives the keys as they are now, which verifiers elsewhere may ask for; nil: none. Many goroutines call it
	// at once.
	Keys func() *PublishedKeys
	// Bundle gives the trust bundle, as a delta from the bundle of the epoch since if that is remembered; nil: none is
	// published. Many goroutines call it at once.
	Bundle func(ctx context.Context, since uint64) (TrustBundle, error)
	// Fleet gives what the node knows of its fleet; nil: it is in none. Many goroutines call it at once.
	Fleet func() Fleet
	// Ready says what keeps the node from its work that Node.Ready does not see, as "part: …"; nil: nothing does.
	Ready func() error
	// Compat is the version whose answers are given; "": that of the node's settings.
	Compat core.Version
	// AllowedHosts are the names that a request may give as its host (Django's ALLOWED_HOSTS). ".example.com"
	// allows a domain and its subdomains. Empty: any. Health checks and the documents for verifiers are answered
	// under every name.
	AllowedHosts []string
	// ErrorHeader adds X-Auth-Error to refusals: a short name of the cause, which says no more than the body.
	ErrorHeader bool
	// AuthHeaderName is AUTH_HEADER_NAME, as WSGI writes it; "": HTTP_AUTHORIZATION.
	AuthHeaderName string
	// Info is what the health checks show.
	Info Info
	// MaxBody bounds the body of a request, in bytes; 0: DefaultMaxBody.
	MaxBody int64
	// BodyMemory bounds, in bytes, all bodies together until they are parsed, all headers over 8 KiB, and all
	// answers over 4 KiB until they are written; 0: DefaultBodyMemory. If it is used up, the request ends
	// that has waited longest for its client, with a 503 if it can still be answered. If none waits, the new
	// request gets a 503. It must be more than MaxBody.
	BodyMemory int64
	// MaxFields bounds the fields of a form; 0: 1000, Django's DATA_UPLOAD_MAX_NUMBER_FIELDS, and the most
	// that it can be.
	MaxFields int
	// TrustedHops is how many trusted proxies each request comes through that write X-Forwarded-For (Django
	// REST framework's NUM_PROXIES); 0: none, the peer is the client. With too many, a client can choose its
	// own address.
	TrustedHops int
	// Bounds are those of the handler that this one replaces, which their owner resizes to BodyMemory; nil: new
	// ones.
	Bounds *Bounds
	// Throttles are off by default.
	Throttles Throttles
	// ThrottleHistory is what the throttles remember; nil: a new one. A handler that replaces another takes
	// over its history.
	ThrottleHistory *throttle.History
	// ForwardAuth says how GET /auth/check/ answers.
	ForwardAuth ForwardAuth
	// MinPassword is the least number of characters of a password that a customer chooses.
	MinPassword int
	// Now is the clock of the throttles; nil: time.Now.
	Now func() time.Time
	// LoginAnswer are members of the customer that the answer to a log-in shows beside the tokens; nil: none.
	LoginAnswer claimmap.Members
	// Samples serves views for recordings and trials: one for each rule by which a view asks for rights,
	// below /customers/, and POST /customers/me/, which answers with the body that it read.
	Samples bool
	// Browser says how browsers are served.
	Browser browser.Config
	// TokenCookies keeps tokens in cookies; off by default.
	TokenCookies browser.TokenCookies
	// CORS lets pages of other origins call this node; none by default.
	CORS browser.CORS
	// BehindProxy says that a proxy before the node speaks TLS, so that requests count as secure.
	BehindProxy bool
	// LogEmails adds the e-mail address to the record of a log-in.
	LogEmails bool
	// Observe is called after each request, by many goroutines at once; nil: nothing is.
	Observe func(Observation)
	// Log gets one record for each request; nil: slog.Default.
	Log *slog.Logger
	// Repeats counts requests that may be a flood; nil: one of the handler's own, whose last second is lost.
	// Whoever gives one flushes it.
	Repeats *logging.Repeats
}

// FillBodies gives Config.MaxBody and Config.BodyMemory their defaults where they are 0.
func FillBodies(maxBody, memory *int64) {
	if *maxBody == 0 {
		*maxBody = DefaultMaxBody
	}
	if *memory == 0 {
		*memory = max(DefaultBodyMemory, 2**maxBody)
	}
}

// filled is c with its defaults.
func (c Config) filled() Config {
	if c.Compat == "" {
		c.Compat = c.Node.Settings().Compat
	}
	if c.AuthHeaderName == "" {
		c.AuthHeaderName = "HTTP_AUTHORIZATION"
	}
	FillBodies(&c.MaxBody, &c.BodyMemory)
	if c.MaxFields == 0 {
		c.MaxFields = django.MaxFields
	}
	if c.Bounds == nil {
		c.Bounds = NewBounds(c.BodyMemory)
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

// validate names every mistake in c, which is filled.
func (c *Config) validate() error {
	var errs []error
	if _, known := versions[c.Compat]; !known {
		errs = append(errs, fmt.Errorf(`httpapi: Compat %q is no version that is spoken here; use "5.5" or "5.2"`,
			c.Compat))
	}
	if name, ok := strings.CutPrefix(c.AuthHeaderName, "HTTP_"); !ok || name == "" {
		errs = append(errs, fmt.Errorf("AUTH_HEADER_NAME %q is not the name of a header: "+
			"write HTTP_ and the name in capitals, as HTTP_X_ACCESS_TOKEN for X-Access-Token", c.AuthHeaderName))
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
