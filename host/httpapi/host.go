package httpapi

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// allowsHost is hostAllowed, which remembers the last name: a node is mostly called by one.
func (h *handler) allowsHost(host string) bool {
	if last := h.lastHost.Load(); last != nil && *last == host {
		return true
	}
	if !hostAllowed(host, h.cfg.AllowedHosts) {
		return false
	}
	last := strings.Clone(host) // it is part of the request's header
	h.lastHost.Store(&last)
	return true
}

// hostAllowed reports whether a Host header names one of the allowed hosts (Django's ALLOWED_HOSTS). An entry
// that begins with a dot allows a domain and its subdomains; "*", or no entry at all, allows any host. The
// port does not count.
func hostAllowed(host string, allowed []string) bool {
	name, _ := django.HostName(strings.ToLower(host))
	if name = strings.TrimSuffix(name, "."); name == "" {
		return false
	}
	if len(allowed) == 0 {
		return true
	}
	for _, pattern := range allowed {
		if pattern == "*" || django.SameDomain(name, pattern) {
			return true
		}
	}
	return false
}

// nameHost gives a request of HTTP/1.0 without a Host header the address that it came to, as Django does with
// SERVER_NAME and SERVER_PORT of WSGI. It must be allowed like any other host.
func (rq *request) nameHost() {
	if rq.Host != "" || rq.ProtoAtLeast(1, 1) {
		return
	}
	local, ok := rq.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return
	}
	named := *rq.Request
	address, defaultPort := local.AddrPort().Addr().Unmap().WithZone(""), 80
	if named.Host = address.String(); address.Is6() {
		named.Host = "[" + named.Host + "]"
	}
	if rq.isSecure() {
		defaultPort = 443
	}
	if local.Port != defaultPort {
		named.Host += ":" + strconv.Itoa(local.Port)
	}
	rq.Request = &named
}
