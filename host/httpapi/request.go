package httpapi

import (
	"io"
	"net/http"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store"
)

// request is one request on its way through a view, with what has been found out about it.
type request struct {
	*http.Request
	cfg        *Config
	node       *node.Node
	compat     compat
	authHeader string // name of the header that carries the token
	method     string // Method in capitals, as Django takes any

	// held is the memory of what the client sent and has not taken yet.
	held *server.Held
	// noRoom: there is none for its header.
	noRoom bool

	writer http.ResponseWriter
	// written is the header that is written in the end. An answer may be made in it once nothing can become of it but
	// that answer.
	written http.Header

	view     *view    // nil where no view has this path
	route    string   // the path, where it is one of ours
	renderer renderer // how to render the answer
	indent   int      // spaces of indentation for JSON, 0 for none

	status int // of an answer that is no error

	// lists are the places for long lists; hasPlace: this one has taken one.
	lists    chan struct{}
	hasPlace bool
	// rest writes what follows the first page of a list, in the format of its answer; nil where that is all.
	rest func(w io.Writer, indent int) error

	// body is what the body held, where a page may show it again.
	body django.Body
	// called is what the form for any request sent; nil where it was not sent.
	called *called

	// parsed is the body as views take it, and posted as pages do, once it was read as either; readOf is the request
	// whose body was read.
	parsed parsedBody
	posted parsedForm
	readOf *http.Request
	// visit is what the request has to do with a browser; browsers are the rules for that.
	visit    *browser.Visit
	browsers *browser.Rules
	// byCookie: the tokens of the answer go into cookies.
	byCookie bool

	// customer is whom the request is authenticated as; zero: anonymous. access is the token that said so; "": the
	// session did.
	customer store.Customer
	access   string
	// permitted: the view let customer in.
	permitted bool
	// askedSession: the answer depends on the session cookie.
	askedSession bool
	// about is what the node said, for the log: whose token it was, of which key and family. He need not be authenticated.
	about node.Result
	// email is what a log-in names, for the log.
	email string
}

// room is what one request needs while it is answered. The next one uses it again: together that is more than a KiB.
type room struct {
	request request
	visit   browser.Visit
	held    server.Held
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// leave gives the room to the next request, with nothing of this one.
func (r *room) leave() {
	*r = room{}
	rooms.Put(r)
}

// letGo lets go of all that the answer was made of, but for what its record has: how long the answer takes is its
// reader's to decide.
func (rq *request) letGo() {
	id := rq.about.Customer.ID
	rq.customer, rq.about.Customer = store.Customer{}, store.Customer{ID: id}
	rq.visit.ForgetCustomer()
	rq.body, rq.parsed, rq.posted, rq.called = django.Body{}, parsedBody{}, parsedForm{}, nil
}

// header is the value of a request header, as WSGI joins it where it was sent several times.
func (rq *request) header(name string) (value string, sent bool) {
	return django.HeaderValue(rq.Header, name)
}

// queryParam is the last value of a parameter in the query string, which Django reads in the charset of the body.
func (rq *request) queryParam(name string) string {
	if rq.URL.RawQuery == "" {
		return ""
	}
	query, err := django.ParseForm([]byte(rq.URL.RawQuery), rq.contentType().params["charset"])
	if err != nil {
		return ""
	}
	value, _ := query.Get(name)
	return value.Text
}

// authenticate finds out who asks. A header of another scheme, or none, leaves that to the session.
func (rq *request) authenticate() error {
	header, _ := rq.header(rq.authHeader)
	token, cause := core.SplitAuthorization(header, rq.node.Settings())
	switch cause {
	case core.OK:
	case core.NoHeader:
		rq.askedSession = true
		return rq.authenticateBrowser()
	default:
		return refused(core.Authenticate, cause)
	}
	return rq.check(token)
}

// check takes whom an access token names for whoever asks.
func (rq *request) check(token string) error {
	check := rq.node.Authenticate
	if rq.view.model != "" {
		check = rq.node.AuthenticateWithRights
	}
	result, err := check(rq.Context(), token)
	rq.about = result
	if err != nil {
		return err
	}
	if result.Refused() {
		return refusal{op: core.Authenticate, refusals: result.Refusals}
	}
	rq.customer, rq.access = result.Customer, token
	return nil
}

// caller is who asks, as rules see it.
func (rq *request) caller() permission.Caller {
	c := &rq.customer
	return permission.Caller{
		Authenticated: !c.ID.IsZero(), Active: c.IsActive, Staff: c.IsStaff, Superuser: c.IsSuperuser, Rights: c.Rights,
	}
}
