package httpapi

import (
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// next is the URL that the request wants to go to, in the form or else in the query; "" where there is none that is safe to go to.
func (rq *request) next(form *django.Form) string {
	url, given := rq.wantsNext(form)
	if !given || !django.SafeURL(url, rq.Host, rq.isSecure(), rq.compat.rules) {
		return ""
	}
	return url
}

func (rq *request) wantsNext(form *django.Form) (url string, given bool) {
	if url, given = lastText(form, "next"); given {
		return url, true
	}
	query, err := django.ParseForm([]byte(rq.URL.RawQuery), rq.contentType().params["charset"])
	if err != nil {
		return "", false
	}
	return lastText(query, "next")
}

// seeOther leads to a URL that was found safe (Django's HttpResponseRedirect). What Django 3.2 finds safe may have a tab or a line end in its scheme,
// which browsers leave out: so the scheme is looked at again, as Django does too.
func (rq *request) seeOther(url string) answer {
	u, err := django.SplitURL(url)
	if err != nil || !slices.Contains([]string{"", "http", "https", "ftp"}, u.Scheme) {
		return rq.compat.page(http.StatusBadRequest).since(malformedBody)
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
