package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// refusal is what core refused, and what had been asked.
type refusal struct {
	op       core.Op
	refusals []core.Refusal
	reason   reason // why, where core does not tell
}

func (r refusal) Error() string { return "refused: " + r.cause().String() }

// cause is the first of the causes.
func (r refusal) cause() core.Cause { return r.refusals[0].Cause }

// refused is a refusal for one cause.
func refused(op core.Op, cause core.Cause) error {
	return refusal{op: op, refusals: []core.Refusal{{Cause: cause}}}
}

// The errors below are what a view can answer with besides refusals, and Django REST framework's texts for them.

// invalidBody is a body that lacks what the view wants, with the errors of each field.
type invalidBody struct{ faults django.Value }

func (invalidBody) Error() string { return "body is not valid" }

// fault is any other fault of a request: the status and the detail that it is answered with.
type fault struct {
	status int
	reason reason
	detail string
}

func (f fault) Error() string { return f.detail }

var (
	errNotAcceptable = fault{http.StatusNotAcceptable, notAcceptable, "Could not satisfy the request Accept header."}
	errNotFound      = fault{http.StatusNotFound, unknownFormat, "Not found."}
	errForbidden     = fault{http.StatusForbidden, forbidden, "You do not have permission to perform this action."}
)

// methodNotAllowed is a method that the view does not have.
func methodNotAllowed(method string) error {
	return fault{http.StatusMethodNotAllowed, wrongMethod, `Method "` + method + `" not allowed.`}
}
