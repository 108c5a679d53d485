package server

import (
	"context"
	"io"
	"net/http"
)

// PacedAnswer is a long answer of a server with these limits.
func PacedAnswer(l Limits, w http.ResponseWriter) io.Writer {
	c := &connection{of: &connections{limits: l.Filled()}}
	r := new(http.Request)
	return LongAnswer(w, r.WithContext(context.WithValue(context.Background(), connectionKey{}, c)))
}
