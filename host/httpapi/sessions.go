package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// sessionViews are the views of log-ins, for a node that lists them.
var sessionViews = []view{
	{
		path: sessionsPath, name: "Session List",
		description: "The log-ins of the customer that the request is authenticated as: browser sessions of this " +
			"node, then log-ins by tokens, the most recently used first.",
		authenticates: true, rule: permission.IsAuthenticated, paged: true,
		get: action{answer: listSessions, schema: sessionsSchema},
	},
	{
		path: sessionsPath + idPart, name: "Session",
		description:   "Ends one log-in of the customer that the request is authenticated as.",
		authenticates: true, rule: permission.IsAuthenticated,
		remove: action{answer: endSession, status: http.StatusNoContent},
	},
}

// sessionsPerPage is the length of a page of the list.
const sessionsPerPage = 50

// lastPage is beyond the last page of any list: what has more is not asked for.
const lastPage = 1_000_000

var errInvalidPage = fault{http.StatusNotFound, unknownPage, "Invalid page."}

// sessionsSchema is the shape of what listSessions answers.
var sessionsSchema = func() openapi.Schema {
	text := openapi.Text()
	one := openapi.Object("Session",
		openapi.Has("id", text.About("For DELETE.")),
		openapi.Has("kind", text.About("token, or browser for a session of this node.")),
		openapi.Has("created", openapi.Time()),
		openapi.Has("last_used", openapi.Time().About("When it last got tokens, or a browser last showed it.")),
		openapi.Has("user_agent", text.About("The program, as it names itself; it may be empty.")),
		openapi.Has("address", text.About("The network it came from, as 203.0.113.0/24; it may be empty.")),
		openapi.Has("current", openapi.Flag().About("It is the one of this request.")))
	link := text.Nullable().About("Address of that page; null: there is none.")
	return openapi.Object("Sessions", openapi.Has("count", openapi.Int32().About("Of all pages.")),
		openapi.Has("next", link), openapi.Has("previous", link), openapi.Has("results", openapi.List(one)))
}()

// sessionPage is a page of the list of log-ins.
type sessionPage struct {
	node.SessionList
	number, last int // from 1
}

// asker is the customer who asks about its own log-ins, by the token of the request, else by the browser's session.
func (rq *request) asker() node.Asker {
	who := node.Asker{Customer: rq.who.customer.ID, Token: rq.who.token}
	if who.Token == "" {
		who.Secret = rq.browser().PresentSecret()
	}
	return who
}

// sessions is the page of the list that ?page= names, as REST framework's PageNumberPagination reads that.
func (rq *request) sessions() (p sessionPage, err error) {
	text, given := rq.query().Get("page")
	if !given || text.Text == "" && rq.h.compat.emptyPage {
		text.Text = "1"
	}
	who := rq.asker()
	if text.Text != "last" {
		if p.number = pageNumber(text.Text); p.number == 0 {
			return p, errInvalidPage
		}
		return p, rq.readSessions(who, &p)
	}
	p.number = 1
	if err = rq.readSessions(who, &p); err == nil && p.last > 1 && !p.Refused() {
		p.number = p.last
		err = rq.readSessions(who, &p)
	}
	return p, err
}

// readSessions reads the page with a number.
func (rq *request) readSessions(who node.Asker, p *sessionPage) (err error) {
	p.SessionList, err = rq.node.Sessions(rq.Context(), who, (p.number-1)*sessionsPerPage, sessionsPerPage)
	if err != nil || p.Refused() {
		return err
	}
	p.last = max(1, (p.Count+sessionsPerPage-1)/sessionsPerPage)
	if p.number > p.last {
		return errInvalidPage
	}
	return nil
}

// pageNumber is the number of a page as Python's int() reads it; 0: there is no such page.
func pageNumber(text string) int {
	digits, err := python.ParseInt(text)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > lastPage {
		return 0
	}
	return n
}

// listSessions answers with a page of the log-ins of the customer who asks.
func listSessions(rq *request) (django.Value, error) {
	page, err := rq.sessions()
	switch {
	case err != nil:
		return django.Value{}, err
	case page.Refused(): // by the hub of the fleet, which knows more
		return django.Value{}, refusal{op: core.Authenticate, refusals: page.Refusals}
	}
	results := make([]django.Value, len(page.List))
	for i, s := range page.List {
		results[i] = sessionValue(s)
	}
	next, previous := django.Null(), django.Null()
	if page.number < page.last {
		next = django.String(rq.pageURL(page.number + 1))
	}
	if page.number > 1 {
		previous = django.String(rq.pageURL(page.number - 1))
	}
	return django.Object(
		django.Pair("count", django.Int(int64(page.Count))),
		django.Pair("next", next),
		django.Pair("previous", previous),
		django.Pair("results", django.List(results...)),
	), nil
}

func sessionValue(s node.ListedSession) django.Value {
	return django.Object(
		django.Text("id", s.ID),
		django.Text("kind", s.Kind),
		django.Text("created", claimmap.Time(s.Created)),
		django.Text("last_used", claimmap.Time(s.LastUsed)),
		django.Text("user_agent", s.UserAgent),
		django.Text("address", s.Address),
		django.Pair("current", django.Bool(s.Current)),
	)
}

// pagePath is the path and query of another page of the same list, as REST framework writes them: the first one has no
// number.
func (rq *request) pagePath(number int) string {
	sent, query := rq.query(), url.Values{}
	for _, name := range sent.Names() {
		for _, field := range sent.List(name) {
			query.Add(name, field.Text)
		}
	}
	query.Del("page")
	if number > 1 {
		query.Set("page", strconv.Itoa(number))
	}
	return (&url.URL{Path: rq.URL.Path, RawQuery: query.Encode()}).String()
}

// pageURL is the whole address of another page.
func (rq *request) pageURL(number int) string { return rq.site().Origin() + rq.pagePath(number) }

// endSession ends a log-in of the customer who asks. If it is that of the cookies that say who asks, the browser keeps
// neither session nor tokens.
func endSession(rq *request) (django.Value, error) {
	ended, err := rq.node.EndListed(rq.Context(), rq.asker(), rq.id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return django.Value{}, rq.h.compat.noSession()
	case err != nil:
		return django.Value{}, err
	case ended.Refused():
		return django.Value{}, refusal{op: core.Authenticate, refusals: ended.Refusals}
	}
	if ended.Current && rq.visit.Personal {
		err = rq.forgetBrowser()
	}
	return django.Null(), err
}

// noSession is REST framework's get_object_or_404.
func (c compat) noSession() error {
	detail := "Not found."
	if c.namesMissing {
		detail = "No Session matches the given query."
	}
	return fault{http.StatusNotFound, unknownSession, detail}
}
