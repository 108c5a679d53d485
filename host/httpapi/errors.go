package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// refusal is what core refused, and which operation it was.
type refusal struct {
	op       core.Op
	refusals []core.Refusal
	reason   reason // why, where core does not tell
}

func (r refusal) Error() string { return "refused: " + r.cause().String() }

// cause is the first cause.
func (r refusal) cause() cause.Cause { return r.refusals[0].Cause }

// refused is a refusal with one cause.
func refused(op core.Op, c cause.Cause) error {
	return refusal{op: op, refusals: []core.Refusal{{Cause: c}}}
}

// The other errors of a view, with the texts of Django REST framework.

// invalidBody is a body without the fields that the view needs. faults holds the errors of each field.
type invalidBody struct {
	faults django.Value
	// cause and reason are for the log, where a field is wrong that proves who asks.
	cause  cause.Cause
	reason reason
}

func (invalidBody) Error() string { return "body is not valid" }

// fault is any other mistake in a request: the status and the detail of its answer.
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

// methodNotAllowed refuses a method that the view does not have.
func methodNotAllowed(method string) error {
	return fault{http.StatusMethodNotAllowed, wrongMethod, `Method "` + method + `" not allowed.`}
}
