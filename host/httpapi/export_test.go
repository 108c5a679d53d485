package httpapi

import "net/http"

// TakeTurns takes all turns for large bodies.
func TakeTurns(h http.Handler) (release func()) {
	turns := h.(*handler).largeTurns
	for range cap(turns) {
		turns <- struct{}{}
	}
	return func() {
		for range cap(turns) {
			<-turns
		}
	}
}
