package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/server"
)

// handler answers all requests of a node.
type handler struct {
	cfg        Config
	compat     compat
	authHeader string                           // name of the header that carries the token, as net/http keeps it
	views      map[string]*view                 // by path
	single     map[string]*view                 // the views about one of several things, by the path before the id
	order      []*view                          // the views in the order of their table
	pages      map[string]func(*request) answer // the pages beside the views, by path
	wellKnown  map[string]*wellKnown            // the documents for verifiers, by path
	issuer     *url.URL                         // of tokens; nil: it is no URL
	described  openapi.Document                 // the API, for programs
	bodies     body.Rules
	browsers   *browser.Rules
	memory     *server.Memory
	lists      chan struct{}    // the places for long lists
	cors       http.HandlerFunc // writes the headers of CORS; nil: off

	checkHeaders     []string               // the names of ForwardAuth.Headers as net/http keeps them
	checkNeedsRights bool                   // ForwardAuth.Headers show rights
	lastHost         atomic.Pointer[string] // the Host header that was last found allowed
}

// New makes the handler of a node. The error names every mistake in cfg. The handler is safe for concurrent
// use.
func New(cfg Config) (http.Handler, error) {
	if cfg.Node == nil {
		return nil, errors.New("httpapi: Node is missing")
	}
	cfg = cfg.filled()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	compat := versions[cfg.Compat]
	h := &handler{
		cfg: cfg, compat: compat,
		authHeader: http.CanonicalHeaderKey(
			strings.ReplaceAll(strings.TrimPrefix(cfg.AuthHeaderName, "HTTP_"), "_", "-")),
		views: map[string]*view{}, single: map[string]*view{}, browsers: cfg.rules(compat),
		memory: cfg.Bounds.memory, lists: cfg.Bounds.lists,
		bodies: body.Rules{
			Rules: compat.rules, MaxBytes: cfg.MaxBody, MaxFields: cfg.MaxFields,
			LimitData: compat.limitsBody, FormsInUTF8: compat.formsInUTF8,
		},
	}
	table := views(&h.cfg)
	for i := range table {
		v := &table[i]
		h.order = append(h.order, v)
		if above, ok := strings.CutSuffix(v.path, idPart); ok {
			h.single[above] = v
		} else {
			h.views[v.path] = v
		}
	}
	for _, m := range cfg.ForwardAuth.Headers {
		h.checkHeaders = append(h.checkHeaders, http.CanonicalHeaderKey(m.Name))
	}
	h.checkNeedsRights = cfg.ForwardAuth.Headers.NeedsRights()
	h.pages, h.issuer = h.site(), issuerURL(cfg.Node.Settings())
	h.routeWellKnown()
	h.cors = cfg.CORS.Handler(h.authHeader, methods)
	var err error
	if h.described, err = h.describe(); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return h, nil
}

// ServeHTTP takes one request the whole way, and writes one record about it:
//
//	begin     bounds its body, and its header
//	cors      answers a preflight, or says which other origins may read the answer
//	answer    finds the answer: a check, a view or a page
//	send      writes it
//	done      writes the record, and counts
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	r, arriving := server.Receive(w, r, h.cfg.MaxBody)
	defer arriving.Leave()
	rq, room := h.begin(w, r)
	defer room.leave()
	fits := rq.out.held.TakeHeader(r)
	preflight := browser.IsPreflight(r)
	switch {
	case h.cors == nil, preflight && isCheck(r.URL.Path), !fits, h.isWellKnown(r.URL.Path):
	case preflight:
		arriving.Settle(r, w.Header(), false)
		h.cors(w, r)
		rq.letGo()
		_ = rq.out.held.Write(nil, false) // an error says that the client is gone
		h.done(rq, answer{status: http.StatusNoContent}, started)
		return
	default:
		h.cors(w, r)
	}
	defer rq.endList()
	a := h.answer(rq, fits)
	rq.dress(&a)
	h.complete(rq, &a)
	arriving.Settle(r, w.Header(), a.rest != nil)
	cut := rq.send(&a)
	h.done(rq, a, started)
	if cut {
		panic(http.ErrAbortHandler) // the client must not take what it got for the whole
	}
}

// answer finds the answer. Nothing is written until it is whole, so a panic still becomes a page. Without
// fits there is no memory for the header of the request.
func (h *handler) answer(rq *request, fits bool) (a answer) {
	defer rq.out.held.EndBody()
	defer func() {
		if reason := recover(); reason != nil {
			a = h.compat.failed(fmt.Errorf("panic: %v\n%s", reason, debug.Stack()))
			a.header.Set("X-Frame-Options", "DENY")
			if rq.entry.route == checkPath {
				a = rq.checkFailed(a)
			}
		}
	}()
	if !fits {
		return rq.noMemory(&a)
	}
	path := rq.URL.Path
	if check := h.healthCheck(path); check != nil {
		rq.entry.route = path
		return check(rq)
	}
	if isCheck(path) {
		rq.entry.route = checkPath
		return h.forwardAuth(rq)
	}
	if document := h.wellKnown[path]; document != nil {
		return document.serve(rq)
	}
	defer func() { rq.leave(&a) }()
	if !h.allowsHost(rq.Host) {
		// Django's CommonMiddleware answers before XFrameOptionsMiddleware is reached; its page for 400 looks at the
		// CSRF cookie by itself.
		rq.arrive()
		a := h.compat.page(http.StatusBadRequest).since(hostNotAllowed)
		a.about = []slog.Attr{slog.String("host", bounded(rq.Host))}
		return a
	}
	view, id := h.find(path)
	page := h.pages[path]
	if view == nil && page == nil {
		if slashed, _ := h.find(path + "/"); slashed != nil || h.pages[path+"/"] != nil {
			return addSlash(path, rq.URL.RawQuery).since(missingSlash)
		}
	}
	rq.arrive()
	switch {
	case view != nil:
		rq.view, rq.id, rq.entry.route = view, id, view.path
		a = rq.respond(view.serve(rq))
		rq.browse(&a)
	case page != nil:
		rq.entry.route = path
		a = page(rq)
	default:
		a = h.compat.page(http.StatusNotFound).since(unknownPath)
	}
	if !rq.out.held.TakeAnswer(len(a.body)) {
		a = rq.noMemory(&a)
	}
	a.header["X-Frame-Options"] = denied
	return a
}

// find is the view of a path; nil: there is none. id is the id in the path, any text without a slash.
func (h *handler) find(path string) (v *view, id string) {
	if v = h.views[path]; v != nil || !strings.HasSuffix(path, "/") {
		return v, ""
	}
	path = path[:len(path)-1]
	above := path[:strings.LastIndexByte(path, '/')+1]
	if id = path[len(above):]; id == "" {
		return nil, ""
	}
	return h.single[above], id
}

// noMemory replaces an answer that there is no memory for.
func (rq *request) noMemory(a *answer) answer {
	switch {
	case a.isHTML():
		return rq.pageFailed(body.ErrMemory)
	case rq.view == nil:
		return classify(body.ErrMemory).mark(rq.h.compat.page(http.StatusServiceUnavailable))
	}
	return rq.respond(django.Value{}, body.ErrMemory)
}

// complete writes the header of an answer, with the headers that all answers have.
func (h *handler) complete(rq *request, a *answer) {
	header := rq.out.Header()
	for name, values := range a.header {
		header[name] = values
	}
	if h.cors != nil && !h.isWellKnown(rq.URL.Path) {
		browser.VaryOn(header, "Origin")
	}
	switch {
	case len(a.body) == 0 && a.rest == nil:
		header["Content-Length"] = nothing
	case a.rest == nil:
		header["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	if h.cfg.ErrorHeader && a.reason.ofFleet() {
		header.Set("X-Auth-Error", string(a.reason))
	}
	if rq.entry.route == checkPath && len(a.body) == 0 {
		return // it is for a proxy, which needs none of the following
	}
	header["X-Content-Type-Options"], header["Referrer-Policy"] = noSniff, sameOrigin
	if a.isHTML() {
		header.Set("Content-Security-Policy", pages.Policy())
	}
	if h.compat.openerPolicy {
		header["Cross-Origin-Opener-Policy"] = sameOrigin
	}
}

// Values of headers that many answers have.
var noSniff, sameOrigin, denied, nothing = []string{"nosniff"}, []string{"same-origin"}, []string{"DENY"}, []string{"0"}

// send writes an answer whose header is complete. cut: its rest could not be made.
func (rq *request) send(a *answer) (cut bool) {
	rq.out.WriteHeader(a.status)
	if a.rest == nil {
		rq.letGo()
	}
	if rq.view != nil && len(rq.entry.about.Effects.List) == 0 {
		// Other requests that are ready get this far first, and then the answers leave one right after the other. Code
		// stays in the processor's caches, and a client or proxy that waits for many answers is woken less often. A
		// check is too short to gain from it, and an answer that has waited for a commit has let others go first.
		runtime.Gosched()
	}
	// An error says that the client is gone. The record is written all the same.
	if err := rq.out.held.Write(a.body, a.rest != nil); err != nil || a.rest == nil || rq.Method == http.MethodHead {
		return false
	}
	err := a.rest(server.LongAnswer(rq.out.ResponseWriter, rq.Request))
	if !a.lostRight(err, rq.node.Settings()) {
		a.err = err
	}
	return err != nil
}

// done records and counts a request that was answered.
func (h *handler) done(rq *request, a answer, started time.Time) {
	took := time.Since(started)
	h.record(rq, a, took)
	h.recordRotation(rq, a)
	if h.cfg.Observe != nil {
		h.cfg.Observe(Observation{
			rq.entry.route, methodName(rq.Method), a.status, a.code, a.why(), took,
			a.cause == cause.Reused, rq.entry.about.Repeated,
		})
	}
}
