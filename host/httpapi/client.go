package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/server"
)

// client is who sent the request.
func (rq *request) client() server.Client { return clientOf(rq.Request, rq.h.cfg.TrustedHops) }

// clientOf is the client of a request: the peer, or behind proxies what the outermost of the trusted ones wrote into X-Forwarded-For. With N
// trusted hops that is the N-th entry from the right, or the first where there are fewer (Django REST framework's NUM_PROXIES); entries further
// left are the client's own word. An entry that is no address counts as the peer.
func clientOf(r *http.Request, trustedHops int) server.Client {
	if trustedHops > 0 {
		if entries := r.Header.Values("X-Forwarded-For"); len(entries) > 0 {
			all := strings.Split(strings.Join(entries, ","), ",")
			entry := strings.TrimSpace(all[len(all)-min(trustedHops, len(all))])
			if client, ok := server.ParseClient(entry); ok {
				return client
			}
		}
	}
	client, _ := server.ParseClient(r.RemoteAddr)
	return client
}
