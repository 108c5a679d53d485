package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/server"
)

// TakeTurns takes all turns for large bodies.
func TakeTurns(h http.Handler) (release func()) {
	var held [body.LargeAtOnce]server.Held
	for i := range held {
		held[i] = h.(*handler).memory.Hold(nil)
		_ = held[i].TakeTurn(context.Background()) // waits for it
	}
	return func() {
		for i := range held {
			held[i].End()
		}
	}
}

// ListPage is how many customers of a list are in memory at once.
const ListPage = listPage

// TakeLists takes all places for lists.
func TakeLists(h http.Handler) (release func()) {
	lists := h.(*handler).lists
	for range cap(lists) {
		lists <- struct{}{}
	}
	return func() {
		for range cap(lists) {
			<-lists
		}
	}
}

// FreeLists is how many places for lists are free.
func FreeLists(h http.Handler) int {
	lists := h.(*handler).lists
	return cap(lists) - len(lists)
}

// Paths are those of the views.
func Paths(h http.Handler) (paths []string) {
	for _, v := range h.(*handler).order {
		paths = append(paths, v.path)
	}
	return paths
}

// Classify is how a request ends that failed for err: status, cause, and how long a client is to wait.
func Classify(err error) (status int, cause string, wait time.Duration) {
	o := classify(err)
	return o.status, string(o.reason), o.wait
}

// Memory is who holds memory for bodies and answers now.
func Memory(h http.Handler) server.MemoryStats { return h.(*handler).memory.Stats() }

// ForbidCookieWork has a handler fail whatever concerns browsers.
func ForbidCookieWork(h http.Handler) { h.(*handler).browsers = nil }

// Coarse is what lists of log-ins show of an address.
var Coarse = coarse
