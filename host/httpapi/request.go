package httpapi

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store"
)

// request is one request on its way. Each part belongs to one step.
type request struct {
	*http.Request
	h      *handler   // what is the same for all requests
	node   *node.Node // h.cfg.Node, or the one that has replaced it meanwhile
	method string     // Method in capitals: Django takes any case
	view   *view      // nil: no view has this path
	id     string     // in the path of view

	body  body.Body      // what it sends
	who   identity       // who asks
	reply reply          // how it is answered
	entry entry          // what its record says
	visit *browser.Visit // the browser that sent it
	out   *output        // where its answer goes

	// called is what the form for any request sent; nil: the request is not from that form.
	called *called
}

// output is where the answer of a request goes, and what the request holds of the memory for clients.
type output struct {
	http.ResponseWriter
	held   server.Held
	header http.Header // of the answer of a view
}

// newHeader is the header of the answer of a view, empty: an earlier one is no longer needed.
func (o *output) newHeader() http.Header {
	clear(o.header)
	return o.header
}

// reply is how a view answers a request.
type reply struct {
	renderer renderer
	indent   int // spaces of indentation for JSON, 0 for none
	status   int // of an answer that is no error
	// byCookie: the tokens of the answer go into cookies.
	byCookie bool
	// hasPlace: the request has taken a place for a list.
	hasPlace bool
	// rest writes what follows the first page of a list, in the format of the answer; nil: nothing does.
	rest func(w io.Writer, indent int) error
}

// entry is what the record of a request says of it.
type entry struct {
	route string // the path; "": an unknown one
	// about is what the node said of the token: its customer, key and family. That customer may not be authenticated.
	about node.Result
	email string // what a log-in names
}

// room is the memory of one request, more than a KiB. Another request uses it afterwards.
type room struct {
	request request
	visit   browser.Visit
	out     output
}

var rooms = sync.Pool{New: func() any { return &room{out: output{header: http.Header{}}} }}

// begin begins a request. leave ends it.
func (h *handler) begin(w http.ResponseWriter, r *http.Request) (*request, *room) {
	room := rooms.Get().(*room)
	room.out.ResponseWriter, room.out.held = w, h.memory.Hold(w)
	rq := &room.request
	*rq = request{
		Request: r, h: h, node: h.cfg.Node, method: strings.ToUpper(r.Method), visit: &room.visit, out: &room.out,
	}
	rq.nameHost()
	rq.body.Begin(&h.bodies, rq.Request, &room.out.held)
	return rq, room
}

// leave clears the room for another request.
func (r *room) leave() {
	r.out.held.End()
	*r = room{out: output{header: r.out.newHeader()}}
	rooms.Put(r)
}

// letGo drops all that the answer was made of and the record does not need. Whoever reads the answer decides
// how long that takes.
func (rq *request) letGo() {
	id := rq.entry.about.Customer.ID
	rq.who.customer, rq.entry.about.Customer, rq.called = store.Customer{}, store.Customer{ID: id}, nil
	rq.visit.ForgetCustomer()
	rq.body.Drop(false)
}

// header is the value of a request header. Several values are joined as in WSGI.
func (rq *request) header(name string) (value string, sent bool) {
	return django.HeaderValue(rq.Header, name)
}

// query are the parameters of the query, read in the charset of the body as Django does; none if they cannot be read.
func (rq *request) query() *django.Form {
	if rq.URL.RawQuery == "" {
		return &django.Form{}
	}
	query, err := django.ParseForm([]byte(rq.URL.RawQuery), rq.body.ContentType().Params["charset"])
	if err != nil {
		return &django.Form{}
	}
	return query
}

// queryParam is the last value of a query parameter.
func (rq *request) queryParam(name string) string {
	if rq.URL.RawQuery == "" {
		return ""
	}
	value, _ := rq.query().Get(name)
	return value.Text
}

// isRead reports whether the method only reads.
func (rq *request) isRead() bool { return rq.method == http.MethodGet || rq.method == http.MethodHead }
