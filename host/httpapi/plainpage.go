package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// plainPages are the titles and texts of Django's plain pages (django/views/defaults.py), by status.
var plainPages = map[int][2]string{
	http.StatusBadRequest:          {"Bad Request (400)", ""},
	http.StatusNotFound:            {"Not Found", "The requested resource was not found on this server."},
	http.StatusInternalServerError: {"Server Error (500)", ""},
}

// htmlType is the Content-Type of all answers that are HTML, or could be.
const htmlType = "text/html; charset=utf-8"

// page is the plain page for one of these statuses.
func page(status int) string {
	title, text := plainPages[status][0], plainPages[status][1]
	return "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>" + title + "</title>\n</head>\n<body>\n" +
		"  <h1>" + title + "</h1><p>" + text + "</p>\n</body>\n</html>\n"
}

// page answers with a plain page.
func (c compat) page(status int) answer {
	header := http.Header{"Content-Type": {c.pageType}}
	return answer{status: status, body: []byte(page(status)), header: header, plain: true}
}

// failed answers with 500. The error is for the log.
func (c compat) failed(err error) answer {
	a := c.page(http.StatusInternalServerError)
	a.err = err
	return a
}

// onlyMethods is the answer of a page to a method that it does not have (Django's HttpResponseNotAllowed).
func onlyMethods(methods ...string) answer {
	return noContent(http.StatusMethodNotAllowed, methods).since(wrongMethod)
}

// noPage is the answer of a page to OPTIONS, or to a method that it does not have (Django's View).
func (rq *request) noPage(methods ...string) answer {
	if rq.method == http.MethodOptions {
		return noContent(http.StatusOK, methods)
	}
	return onlyMethods(methods...)
}

// noContent is an answer without a body that lists the methods.
func noContent(status int, methods []string) answer {
	return answer{status: status, header: http.Header{
		"Allow": {strings.Join(methods, ", ")}, "Content-Type": {htmlType},
	}}
}

// next is the URL that a form or query asks to go to afterwards; "" if that is not safe.
func (rq *request) next(form *django.Form) (target string, given bool) {
	return browser.Next(form, rq.query(), rq.site(), rq.h.compat.rules)
}

// seeOther redirects to a URL that was found safe.
func (rq *request) seeOther(url string) answer {
	if !browser.CanRedirect(url) {
		return rq.h.compat.page(http.StatusBadRequest).since(malformedBody)
	}
	return answer{status: http.StatusFound, header: http.Header{
		"Location": {django.URI(url)}, "Content-Type": {htmlType},
	}}
}

// goTo redirects a browser to another path of this node.
func goTo(path string) answer {
	return answer{status: http.StatusFound, header: http.Header{
		"Location": {path}, "Content-Type": {htmlType}, "Cache-Control": {neverCached}, "Vary": {"Accept, Cookie"},
	}}
}

// addSlash redirects to the path with a slash at its end (Django's APPEND_SLASH), whatever the method. As
// everywhere in WSGI, each byte of the query is a character.
func addSlash(path, query string) answer {
	path = (&url.URL{Path: path}).EscapedPath() + "/"
	if query != "" {
		path += "?" + django.URI(django.Latin1(query))
	}
	return answer{status: http.StatusMovedPermanently, header: http.Header{
		"Location": {path}, "Content-Type": {htmlType},
	}}
}
