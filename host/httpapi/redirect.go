package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

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
