package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// browsableIndent is the indentation of JSON in a page, in spaces. It is smaller than Django REST
// framework's, so that nested JSON fits on a phone.
const browsableIndent = 2

// shownHeaders are the headers of the answer that a page shows.
var shownHeaders = []string{"Allow", "Content-Type", "Retry-After", "Vary", "WWW-Authenticate", "X-Auth-Error"}

// browse turns an answer whose body is JSON into a page that shows it, like Django REST framework's browsable
// API: what the endpoint is, the answer, and forms to send another request.
func (rq *request) browse(a *answer) {
	if !a.browsable {
		return
	}
	v := rq.view
	d := pages.BrowseData{
		Frame: rq.frame(rq.URL.Path), Name: v.name, Description: v.shown, Path: rq.URL.Path, Methods: v.methods,
		Method: rq.method, URI: rq.URL.RequestURI(), Status: a.status, StatusText: http.StatusText(a.status),
		Body: string(a.body),
	}
	if rq.method == http.MethodHead {
		d.Body = ""
	}
	for _, name := range shownHeaders {
		value := a.header.Get(name)
		switch name {
		case "Content-Type":
			value = "application/json"
		case "Vary":
			value = "Accept"
			if rq.who.askedSession {
				value = "Accept, Cookie"
			}
		}
		if value != "" && !(name == "Content-Type" && len(a.body) == 0) {
			d.Headers = append(d.Headers, pages.Named{Name: name, Value: value})
		}
	}
	if v.action(http.MethodGet) != nil {
		for _, r := range renderers {
			d.Formats = append(d.Formats, pages.Link{Text: r.name, URL: rq.inFormat(r.name)})
		}
	}
	if rq.reply.rest != nil {
		d.Note = "This page shows the beginning of the list. The JSON has all of it."
	}
	if a.status == http.StatusTooManyRequests {
		d.Note = pages.TryAgain(a.wait())
	}
	if len(d.Body) > body.Large {
		d.Body, d.Note = "", "This answer is too long to show. Ask for it as JSON."
	}
	members := topMembers(a.body)
	if v.fields != nil && v.action(http.MethodPost) != nil && v.permit(rq, http.MethodPost) == nil {
		d.Form = rq.fieldForm(a, members)
	}
	d.Call = rq.callForm()
	if a.status < http.StatusBadRequest {
		d.Tokens = tokensIn(members)
	}
	d.Metadata = rq.metadata()
	if a.status == http.StatusNoContent {
		a.status = http.StatusOK // a page that says so is some content
	}
	if shownLength(&d) > longPage {
		if err := rq.body.TakeTurn(); err != nil {
			*a = rq.pageFailed(err)
			return
		}
	}
	made := rq.htmlPage(a.status, func(w io.Writer) error { return pages.Browse(w, d) })
	if made.err != nil {
		*a = made
		return
	}
	a.body = made.body
	a.header.Set("Cache-Control", neverCached)
}

// metadata is what OPTIONS shows of the view.
func (rq *request) metadata() string {
	value, _ := rq.view.metadata(rq)
	text, _ := django.Render(value, browsableIndent) // texts of our own
	return string(text)
}

// longPage is the most of a client's text, in bytes, that a page shows without a turn of the large bodies:
// making the page takes fifty times as much memory.
const longPage = 8 << 10

// shownLength is the length of a client's text in a page, in bytes.
func shownLength(d *pages.BrowseData) int {
	n := len(d.Body) + len(d.URI) + len(d.Call.Content)
	if d.Form != nil {
		for _, field := range d.Form.Fields {
			n += len(field.Value)
		}
	}
	return n
}

// inFormat is the address of the same answer in another format.
func (rq *request) inFormat(name string) string {
	query, err := url.ParseQuery(rq.URL.RawQuery)
	if err != nil {
		query = url.Values{}
	}
	query.Set("format", name)
	return (&url.URL{Path: rq.URL.Path, RawQuery: query.Encode()}).String()
}

// topMembers are the members of an answer that is an object; nil for any other answer, and for a long one.
func topMembers(text []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if len(text) > body.Large || json.Unmarshal(text, &members) != nil {
		return nil
	}
	return members
}

// fieldForm is the form for the fields of the view. If they were posted and refused, it shows why.
func (rq *request) fieldForm(a *answer, members map[string]json.RawMessage) *pages.Form {
	f := &pages.Form{Action: rq.view.path}
	refused := rq.method == http.MethodPost && a.status >= http.StatusBadRequest
	switch {
	case refused && a.status == http.StatusTooManyRequests:
		f.Errors = []string{"Too many requests. " + pages.TryAgain(a.wait())}
	case refused:
		f.Errors = append(messagesIn(members["non_field_errors"]), messagesIn(members["detail"])...)
	}
	for _, field := range rq.view.takenFields() {
		input := field.input
		input.ID, input.Name, input.Label, input.Required = "id_"+field.name, field.name, field.label, true
		if refused {
			input.Errors = messagesIn(members[field.name])
			if input.Type != "password" {
				input.Value = rq.sent(field.name)
			}
		}
		f.Fields = append(f.Fields, input)
	}
	return f
}

// sent is the text of a field in the body; "": it has none, or a long one.
func (rq *request) sent(name string) (text string) {
	data := rq.body.Small()
	if data.Form != nil {
		field, _ := data.Form.Get(name)
		text = field.Text
	} else if value, ok := data.JSON.Get(name); ok {
		text, _ = value.Str()
	}
	if len(text) > body.Large {
		return ""
	}
	return text
}

// messagesIn are the texts in a member that is a text or a list of texts.
func messagesIn(member json.RawMessage) []string {
	var one string
	if json.Unmarshal(member, &one) == nil {
		return []string{one}
	}
	var list []string
	_ = json.Unmarshal(member, &list)
	return list
}

// callForm is the form for any request to the view, filled in with the request that it sent.
func (rq *request) callForm() *pages.Call {
	v := rq.view
	c := &pages.Call{Path: rq.URL.Path, Methods: v.methods, Method: http.MethodGet,
		HasToken: v.authenticates, Content: "{}"}
	if v.action(http.MethodPost) != nil {
		c.Method = http.MethodPost
	}
	if v.fields != nil {
		sample := map[string]string{}
		for _, f := range v.takenFields() {
			sample[f.name] = ""
		}
		text, _ := json.MarshalIndent(sample, "", "  ")
		c.Content = string(text)
	}
	if rq.called != nil {
		c.Open, c.Method = true, rq.called.method
		if !v.logsIn { // there is a password in it
			c.Content = rq.called.content
		}
	}
	return c
}

// tokensIn are the tokens of an answer.
func tokensIn(answer map[string]json.RawMessage) (tokens []pages.Named) {
	for _, name := range []string{"access", "refresh", "token"} {
		var token string
		if json.Unmarshal(answer[name], &token) == nil && strings.Count(token, ".") == 2 {
			tokens = append(tokens, pages.Named{Name: name, Value: token})
		}
	}
	return tokens
}
