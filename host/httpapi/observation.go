package httpapi

import (
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// Observation is one request and how it ended, in words that are few: none of them is chosen by a client.
// Its texts may be parts of what the client sent: whoever keeps them copies them.
type Observation struct {
	Route    string // "" where the path is none of ours
	Method   string // one of HTTP's own; "other" for any other
	Status   int
	Code     core.Code // of a refusal
	Cause    string    // of a refusal, a failure or a redirect; "ok" where there was none
	Duration time.Duration
}

// methodName is a method as Observation has it.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "other"
}
