package server

import (
	"context"
	"io"
	"net/http"
)

// PacedAnswer is a long answer of a server with these limits.
func PacedAnswer(l Limits, w http.ResponseWriter) io.Writer {
	return LongAnswer(context.WithValue(context.Background(), limitsKey{}, l.Filled()), w)
}
