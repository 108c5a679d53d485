package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// plainPages are Django's plain pages for what no view answers (django/views/defaults.py), by status: title and text.
var plainPages = map[int][2]string{
	http.StatusBadRequest:          {"Bad Request (400)", ""},
	http.StatusNotFound:            {"Not Found", "The requested resource was not found on this server."},
	http.StatusInternalServerError: {"Server Error (500)", ""},
}

// page is the plain page for a status of the table.
func page(status int) string {
	title, text := plainPages[status][0], plainPages[status][1]
	return "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>" + title + "</title>\n</head>\n<body>\n" +
		"  <h1>" + title + "</h1><p>" + text + "</p>\n</body>\n</html>\n"
}

// page is one of Django's plain pages.
func (c compat) page(status int) answer {
	return answer{status: status, body: []byte(page(status)), header: http.Header{"Content-Type": {c.pageType}}, plain: true}
}

// failed is the answer to a failure of our own: its error is for the log.
func (c compat) failed(err error) answer {
	a := c.page(http.StatusInternalServerError)
	a.err = err
	return a
}

// onlyMethods is the answer of a page to a method that it does not have (Django's HttpResponseNotAllowed).
func onlyMethods(methods ...string) answer {
	return noContent(http.StatusMethodNotAllowed, methods).since(wrongMethod)
}

// noPage is the answer of a page to OPTIONS, and to a method that it does not have (Django's View).
func (rq *request) noPage(methods ...string) answer {
	if rq.method == http.MethodOptions {
		return noContent(http.StatusOK, methods)
	}
	return onlyMethods(methods...)
}

// noContent is an answer without a body that says which methods there are.
func noContent(status int, methods []string) answer {
	return answer{status: status, header: http.Header{"Allow": {strings.Join(methods, ", ")}, "Content-Type": {"text/html; charset=utf-8"}}}
}

// next is where the page is asked to lead to after it; "" where that is not safe.
func (rq *request) next(form *django.Form) (url string, given bool) {
	query, err := django.ParseForm([]byte(rq.URL.RawQuery), rq.body.ContentType().Params["charset"])
	if err != nil {
		query = &django.Form{}
	}
	return browser.Next(form, query, rq.site(), rq.h.compat.rules)
}

// seeOther redirects to a URL that was found safe.
func (rq *request) seeOther(url string) answer {
	if !browser.CanRedirect(url) {
		return rq.h.compat.page(http.StatusBadRequest).since(malformedBody)
	}
	return answer{status: http.StatusFound, header: http.Header{"Location": {django.URI(url)}, "Content-Type": {"text/html; charset=utf-8"}}}
}

// goTo sends a browser to another path of this node with GET.
func goTo(path string) answer {
	return answer{status: http.StatusFound, header: http.Header{
		"Location": {path}, "Content-Type": {"text/html; charset=utf-8"}, "Cache-Control": {neverCached}, "Vary": {"Accept, Cookie"},
	}}
}

// addSlash is Django's answer where a slash is missing at the end of the path (APPEND_SLASH), whatever the method. To the query, as to all that
// WSGI gives, each byte is a character.
func addSlash(path, query string) answer {
	path += "/"
	if query != "" {
		path += "?" + django.URI(django.Latin1(query))
	}
	return answer{
		status: http.StatusMovedPermanently,
		header: http.Header{"Location": {path}, "Content-Type": {"text/html; charset=utf-8"}},
	}
}
