package service

import (
	"context"
	"net/http"

	"github.com/edgetoken/edgetoken/host/admin"
)

// adminOfNode is the handler of a running node's admin socket: the admin API, and beside it
//
//	POST /reload    reads the configuration anew
//	GET  /metrics   for Prometheus
func (s *Service) adminOfNode() http.Handler {
	mux := http.NewServeMux()
	admin.Reload.Handle(mux, s.log, func(context.Context, admin.None, admin.None) (admin.Reloaded,
		error) {
		return s.Reload()
	})
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.current.Load().admin.ServeHTTP(w, r) })
	return mux
}
