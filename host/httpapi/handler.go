package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/cors"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/logging"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/server"
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
	CORS CORS
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

// handler answers all requests.
type handler struct {
	cfg          Config
	compat       compat
	authHeader   string
	views        map[string]*view
	order        []*view                          // the views in the order of their table
	pages        map[string]func(*request) answer // what people see besides, by path
	browsers     *browser.Rules
	described    openapi.Document // the API for programs
	memory       *server.Memory
	lists        chan struct{}
	checkHeaders []string               // the names of ForwardAuth.Headers as net/http keeps them
	cors         *cors.Cors             // nil: off
	lastHost     atomic.Pointer[string] // the Host header that was last found allowed
}

// New makes the handler of a node; the error names every mistake in cfg. It is safe for concurrent use.
func New(cfg Config) (http.Handler, error) {
	if cfg.Node == nil {
		return nil, errors.New("httpapi: Node is missing")
	}
	if cfg.Compat == "" {
		cfg.Compat = cfg.Node.Settings().Compat
	}
	if cfg.AuthHeaderName == "" {
		cfg.AuthHeaderName = "HTTP_AUTHORIZATION"
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.BodyMemory == 0 {
		cfg.BodyMemory = max(DefaultBodyMemory, 2*cfg.MaxBody)
	}
	if cfg.MaxFields == 0 {
		cfg.MaxFields = django.MaxFields
	}
	if cfg.ThrottleHistory == nil {
		cfg.ThrottleHistory = throttle.NewHistory(0)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Repeats == nil {
		cfg.Repeats = logging.NewRepeats(cfg.Log)
	}
	var errs []error
	compat, known := versions[cfg.Compat]
	if !known {
		errs = append(errs, fmt.Errorf("httpapi: Compat %q is no version that is spoken here; use \"5.5\" or \"5.2\"", cfg.Compat))
	}
	name, ok := strings.CutPrefix(cfg.AuthHeaderName, "HTTP_")
	if !ok || name == "" {
		errs = append(errs, fmt.Errorf("AUTH_HEADER_NAME %q is not the name of a header: write HTTP_ and the name in capitals, as HTTP_X_ACCESS_TOKEN for X-Access-Token",
			cfg.AuthHeaderName))
	}
	if cfg.MaxBody < 0 || cfg.BodyMemory <= cfg.MaxBody {
		errs = append(errs, errors.New("httpapi: MaxBody must not be negative, and less than BodyMemory"))
	}
	if cfg.MaxFields < 0 || cfg.MaxFields > django.MaxFields {
		errs = append(errs, fmt.Errorf("httpapi: MaxFields must be 0 to %d", django.MaxFields))
	}
	if cfg.TrustedHops < 0 {
		errs = append(errs, errors.New("httpapi: TrustedHops must not be negative"))
	}
	errs = append(errs, cfg.Throttles.validate())
	for _, err := range cfg.LoginAnswer.Validate(ReservedMember) {
		errs = append(errs, fmt.Errorf("httpapi: LoginAnswer: %w", err))
	}
	errs = append(errs, cfg.Browser.Validate(), cfg.TokenCookies.Validate(), cfg.CORS.Validate(), cfg.ForwardAuth.Validate(),
		browser.CheckNames(cfg.Browser, cfg.TokenCookies, cfg.ForwardAuth.Cookie))
	cfg.Browser, cfg.TokenCookies, cfg.ForwardAuth = cfg.Browser.Filled(), cfg.TokenCookies.Filled(), cfg.ForwardAuth.Filled()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	h := &handler{cfg: cfg, compat: compat, authHeader: strings.ReplaceAll(name, "_", "-"), views: map[string]*view{},
		memory: server.NewMemory(cfg.BodyMemory, LargeAtOnce), lists: make(chan struct{}, listsAtOnce)}
	table := views(&h.cfg)
	for i := range table {
		v := &table[i]
		h.views[v.path], h.order = v, append(h.order, v)
	}
	for _, m := range cfg.ForwardAuth.Headers {
		h.checkHeaders = append(h.checkHeaders, http.CanonicalHeaderKey(m.Name))
	}
	h.browsers = cfg.rules(compat)
	h.pages = h.site()
	var err error
	if h.described, err = h.describe(); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	h.cors = cfg.CORS.handler(h.authHeader)
	return h, nil
}

// ServeHTTP answers one request and writes one record about it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	r, body := server.Receive(w, r, h.cfg.MaxBody)
	defer body.Leave()
	room := rooms.Get().(*room)
	defer room.leave()
	rq := &room.request
	room.held = h.memory.Hold(w)
	*rq = request{Request: r, cfg: &h.cfg, node: h.cfg.Node, compat: h.compat, authHeader: h.authHeader, held: &room.held,
		lists: h.lists, visit: &room.visit, browsers: h.browsers, writer: w, written: w.Header()}
	defer rq.held.End()
	rq.noRoom = !rq.held.TakeHeader(r)
	rq.nameHost()
	preflight := isPreflight(r)
	switch {
	case h.cors == nil, preflight && isCheck(r.URL.Path), rq.noRoom:
	case preflight:
		body.Settle(r, w.Header(), false)
		h.cors.HandlerFunc(w, r)
		_ = rq.write(answer{}) // an error says that the client is gone
		h.done(rq, answer{status: http.StatusNoContent}, started)
		return
	default:
		h.cors.HandlerFunc(w, r)
	}
	defer rq.endList()
	a := h.answer(rq)
	rq.dress(&a)
	written := w.Header()
	for name, values := range a.header {
		written[name] = values
	}
	if h.cors != nil {
		browser.VaryOn(written, "Origin")
	}
	switch {
	case len(a.body) == 0 && a.rest == nil:
		written["Content-Length"] = nothing
	case a.rest == nil:
		written["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	if rq.route != checkPath || len(a.body) > 0 {
		h.protect(&a, written)
	}
	body.Settle(r, written, a.rest != nil)
	w.WriteHeader(a.status)
	// An error here says that the client is gone; the record is written all the same.
	err := rq.write(a)
	cut := false
	if a.rest != nil && err == nil && r.Method != http.MethodHead {
		err := a.rest(server.LongAnswer(w, r))
		if cut = err != nil; !a.lostRight(err, rq.node.Settings()) {
			a.err = err
		}
	}
	h.done(rq, a, started)
	if cut {
		panic(http.ErrAbortHandler) // the client must not take what it got for the whole
	}
}

// write writes an answer whose header is written.
func (rq *request) write(a answer) error {
	if a.rest == nil {
		rq.letGo()
	}
	return rq.held.Write(a.body, a.rest != nil)
}

// protect adds the headers that keep browsers from making more of an answer than it is.
func (h *handler) protect(a *answer, header http.Header) {
	header["X-Content-Type-Options"], header["Referrer-Policy"] = noSniff, sameOrigin
	if a.isHTML() {
		header.Set("Content-Security-Policy", pages.Policy())
	}
	if h.compat.openerPolicy {
		header["Cross-Origin-Opener-Policy"] = sameOrigin
	}
}

// done records and counts a request that was answered.
func (h *handler) done(rq *request, a answer, started time.Time) {
	took := time.Since(started)
	h.record(rq, a, took)
	if h.cfg.Observe != nil {
		h.cfg.Observe(Observation{rq.route, methodName(rq.Method), a.status, a.code, a.why(), took})
	}
}

// answer finds the answer. Nothing is written before it is whole, so that a panic still becomes a page.
func (h *handler) answer(rq *request) (a answer) {
	defer rq.held.EndBody()
	defer func() {
		if reason := recover(); reason != nil {
			a = h.compat.failed(fmt.Errorf("panic: %v\n%s", reason, debug.Stack()))
			a.header.Set("X-Frame-Options", "DENY")
			if rq.route == checkPath {
				a = rq.checkFailed(a)
			}
		}
	}()
	rq.method = strings.ToUpper(rq.Method)
	if rq.noRoom {
		return classify(errNoMemory).mark(h.compat.page(http.StatusServiceUnavailable))
	}
	path := rq.URL.Path
	if check := h.healthCheck(path); check != nil {
		rq.route = path
		return check(rq)
	}
	if isCheck(path) {
		rq.route = checkPath
		return h.forwardAuth(rq)
	}
	defer func() { rq.leave(&a) }()
	if !h.allowsHost(rq.Host) {
		// Django's CommonMiddleware answers before XFrameOptionsMiddleware is reached; its page for 400 looks at the CSRF
		// cookie by itself.
		rq.arrive()
		a := h.compat.page(http.StatusBadRequest).since(hostNotAllowed)
		a.about = []slog.Attr{slog.String("host", bounded(rq.Host))}
		return a
	}
	view, page := h.views[path], h.pages[path]
	if view == nil && page == nil && (h.views[path+"/"] != nil || h.pages[path+"/"] != nil) {
		return addSlash(path, rq.URL.RawQuery).since(missingSlash)
	}
	rq.arrive()
	switch {
	case view != nil:
		rq.view, rq.route = view, view.path
		a = rq.respond(view.serve(rq))
		rq.browse(&a)
	case page != nil:
		rq.route = path
		a = page(rq)
	default:
		a = h.compat.page(http.StatusNotFound).since(unknownPath)
	}
	a = rq.hold(a)
	a.header["X-Frame-Options"] = denied
	return a
}

// Values of headers that many answers have.
var noSniff, sameOrigin, denied, nothing = []string{"nosniff"}, []string{"same-origin"}, []string{"DENY"}, []string{"0"}
