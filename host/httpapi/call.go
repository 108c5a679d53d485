package httpapi

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/pages"
)

// called is what the form for any request sent.
type called struct{ method, content string }

// call sends the request that the form for any request describes, as if a program had sent it, and answers
// with its page. It takes the form from our own pages only, so that no other site can have a browser send
// JSON, PUT or DELETE with its cookies.
func (h *handler) call(rq *request) answer {
	switch {
	case rq.isRead():
		return goTo(pages.IndexPath)
	case rq.method != http.MethodPost:
		return onlyMethods(http.MethodGet, http.MethodPost, http.MethodHead)
	}
	form, refused := rq.postedForm("path", "method", "content", "token", pages.CSRFField)
	if refused != nil {
		return *refused
	}
	if len(form("content")) > body.Large {
		return rq.pageFailed(django.ErrBodyTooLarge)
	}
	view, id := h.find(form("path"))
	if view == nil || !slices.Contains(view.methods, form("method")) {
		return rq.pageFailed(errNoCall)
	}
	rq.entry.route = view.path // the request is recorded and counted as one to the view
	inner := *rq
	inner.Request = rq.inner(form("method"), form("path"), form("content"), form("token"), form(pages.CSRFField))
	inner.view, inner.id, inner.method = view, id, form("method")
	inner.called = &called{form("method"), form("content")}
	inner.body.Begin(&h.bodies, inner.Request, &rq.out.held)
	defer inner.endList()
	a := inner.respond(view.serve(&inner))
	inner.browse(&a)
	rq.entry = inner.entry
	return a
}

// errNoCall refuses a described request that no endpoint takes.
var errNoCall = fault{http.StatusNotFound, unknownPath, "Not found."}

// inner is the request that the form describes.
func (rq *request) inner(method, path, content, token, csrf string) *http.Request {
	r := rq.Clone(rq.Context())
	r.Method, r.URL, r.Form, r.PostForm, r.MultipartForm = method, &url.URL{Path: path}, nil, nil, nil
	r.RequestURI = r.URL.RequestURI()
	r.Header = rq.Header.Clone()
	r.Header.Set("Accept", "text/html")
	r.Header.Del(rq.h.authHeader)
	if token = strings.TrimSpace(token); token != "" {
		r.Header.Set(rq.h.authHeader, rq.node.Settings().AuthHeaderTypes[0]+" "+token)
	}
	r.Header.Del("Content-Type")
	r.Header.Set("X-CSRFToken", csrf)
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		r.Header.Set("Content-Type", "application/json")
	default:
		content = ""
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(strings.NewReader(content)), int64(len(content)), nil
	return r
}
