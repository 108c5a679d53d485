package httpapi

import (
	"net/http"
	"strings"
)

// methods are those that a view can have, in the order of Django's View.http_method_names.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions,
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
