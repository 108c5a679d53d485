package httpapi

import (
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Info is what a node says about itself in the health checks.
type Info struct {
	Version    string // of the node
	Engine     string // native, wasm or wasm-full; "wasm (interpreter)" where the module is not compiled
	ModuleHash string // of the engine's module: hex of its SHA-256; "" for native
	ABI        int    // version of the wall between host and guest
}

const (
	alivePath = "/healthz"
	readyPath = "/readyz"
)

// healthCheck is the check with this path; nil: there is none.
//
//	GET /healthz   200 while the process answers at all
//	GET /readyz    200 while the node can answer (node.Node.Ready), else 503 with the part that cannot
func (h *handler) healthCheck(path string) func(*request) answer {
	switch path {
	case alivePath:
		return h.alive
	case readyPath:
		return h.ready
	}
	return nil
}

func (h *handler) alive(rq *request) answer { return h.health(rq, nil) }

func (h *handler) ready(rq *request) answer {
	if h.cfg.Ready != nil {
		if err := h.cfg.Ready(); err != nil {
			return h.health(rq, err)
		}
	}
	return h.health(rq, h.cfg.Node.Ready(rq.Context()))
}

// health is the answer of a check that found err:
//
//	{"status":"ok","engine":"wasm","module":"9f86…","version":"0.1.0","compat":"5.5","abi":6}
//	{"status":"unavailable","error":"store","engine":…}
//
// What exactly is wrong may name paths of this machine, so it stands in the log alone.
func (h *handler) health(rq *request, err error) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	status, members := http.StatusOK, []django.Member{django.Text("status", "ok")}
	if err != nil {
		part, _, _ := strings.Cut(err.Error(), ":")
		status = http.StatusServiceUnavailable
		members = []django.Member{django.Text("status", "unavailable"), django.Text("error", part)}
	}
	info := h.cfg.Info
	members = append(members,
		django.Text("engine", info.Engine),
		django.Text("module", info.ModuleHash),
		django.Text("version", info.Version),
		django.Text("compat", string(h.cfg.Compat)),
		django.Pair("abi", django.Int(int64(info.ABI))),
	)
	a := h.compat.json(status, django.Object(members...))
	if a.err != nil {
		return a
	}
	a.header.Set("Cache-Control", "no-store")
	if err != nil {
		a.header.Set("Retry-After", retryAfter(busyWait))
	}
	a.err, a.reason = err, unready(err)
	return a
}

// unready is the reason for a check that found err. Its status is 503 for any err, so the reason is never
// internal_error.
func unready(err error) reason {
	if err == nil {
		return ""
	}
	if why := classify(err).reason; why != failure {
		return why
	}
	return unavailable
}
