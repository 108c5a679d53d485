package service

import (
	"cmp"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/server"
)

// metrics are what GET /metrics shows. No label has a value that a client can choose.
type metrics struct {
	log       *slog.Logger
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	reused    prometheus.Counter
	repeated  prometheus.Counter
	reloads   *prometheus.CounterVec
	reloadOK  prometheus.Gauge
	reloadAt  prometheus.Gauge
	known     atomic.Pointer[map[outcome]*series] // looking labels up takes longer than all else
	adding    sync.Mutex                          // held while known gets a larger map
}

// outcome is what two requests must have in common to be counted together; a node has few. series counts them.
type (
	outcome struct {
		route, method string
		status        int
		cause         string
	}
	series struct {
		requests  prometheus.Counter
		durations prometheus.Observer
	}
)

// durationBuckets are upper bounds in seconds: a token check takes some ten microseconds, a log-in some tens of
// milliseconds, and a storm of log-ins seconds.
var durationBuckets = []float64{.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5,
	1, 2.5, 5, 10, 30}

func newMetrics(s *Service, cfg *config.Config) *metrics {
	m := &metrics{
		log:      s.log,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edgetoken_http_requests_total", Help: "Requests answered, by the exact cause of a refusal, a " +
				"failure or a redirect (\"ok\" where there was none).",
		}, []string{"route", "method", "status", "cause"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "edgetoken_http_request_duration_seconds", Help: "Time from the header of a request to its " +
				"answer.", Buckets: durationBuckets,
		}, []string{"route", "method"}),
		reused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edgetoken_refresh_reused_total", Help: "Log-ins ended because one of their refresh tokens was " +
				"used again after it was spent.",
		}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edgetoken_refresh_replayed_total", Help: "Refreshes answered once more with the same tokens, " +
				"within refresh.grace.",
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edgetoken_config_reloads_total", Help: "Reloads of the configuration since the start, by outcome: " +
				"done or refused.",
		}, []string{"outcome"}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edgetoken_config_last_reload_successful", Help: "Whether the last reload was done (1) or refused " +
				"(0); 1 before the first.",
		}),
		reloadAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edgetoken_config_last_reload_success_timestamp_seconds", Help: "When the configuration in use was " +
				"read, in Unix seconds.",
		}),
	}
	m.known.Store(&map[outcome]*series{})
	m.reloads.WithLabelValues("done")
	m.reloads.WithLabelValues("refused")
	m.reloadOK.Set(1)
	m.reloadAt.SetToCurrentTime()
	m.registry.MustRegister(m.requests, m.durations, m.reused, m.repeated, m.reloads, m.reloadOK, m.reloadAt,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(s, s.engineName(cfg)), hashingFigures(s), storeFigures(s, cfg), clockFigures(s),
		logFigures(s), bundleFigures(s))
	if s.processes != nil {
		m.registry.MustRegister(processFigures(s))
	}
	if s.instances != nil {
		m.registry.MustRegister(engineFigures(s))
	}
	if s.verified != nil {
		m.registry.MustRegister(cacheFigures(s))
	}
	m.registry.MustRegister(keyFigures{s.shownKeys})
	if s.fleet != nil {
		m.registry.MustRegister(fleetFigures(s.fleet)...)
	}
	if s.signer != nil {
		m.registry.MustRegister(signerFigures(s.signer))
	}
	if s.certificate != nil {
		m.registry.MustRegister(certificateFigures(s))
	}
	return m
}

// observe counts a request.
func (m *metrics) observe(o httpapi.Observation) {
	s := m.series(outcome{cmp.Or(o.Route, "other"), o.Method, o.Status, o.Cause})
	s.requests.Inc()
	s.durations.Observe(o.Duration.Seconds())
	switch {
	case o.Repeated:
		m.repeated.Inc()
	case o.Reused:
		m.reused.Inc()
	}
}

func (m *metrics) series(o outcome) *series {
	if found := (*m.known.Load())[o]; found != nil {
		return found
	}
	m.adding.Lock()
	defer m.adding.Unlock()
	known := maps.Clone(*m.known.Load())
	if known[o] == nil {
		// These are substrings of the request line, which they would keep in memory.
		o.route, o.method, o.cause = strings.Clone(o.route), strings.Clone(o.method), strings.Clone(o.cause)
		known[o] = &series{
			m.requests.WithLabelValues(o.route, o.method, strconv.Itoa(o.status), o.cause),
			m.durations.WithLabelValues(o.route, o.method),
		}
		m.known.Store(&known)
	}
	return known[o]
}

// reloaded counts a reload.
func (m *metrics) reloaded(done bool) {
	if !done {
		m.reloads.WithLabelValues("refused").Inc()
		m.reloadOK.Set(0)
		return
	}
	m.reloads.WithLabelValues("done").Inc()
	m.reloadOK.Set(1)
	m.reloadAt.SetToCurrentTime()
}

// handler answers GET /metrics, and nothing else, in the text format of Prometheus or, on request, in OpenMetrics.
func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry,
		promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return withoutBodies(mux)
}

// metricsLimits are for a few programs that read the metrics.
var metricsLimits = server.Limits{
	HeaderBytes: 16 << 10, HeaderMemory: 2 << 20, HeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
	WriteTimeout: 30 * time.Second,
	Connections:  16, ConnectionsPerAddress: 16,
}

// withoutBodies answers a request with a body at once. It leaves the body unread and closes the connection.
func withoutBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, body := server.Receive(w, r, 0)
		body.Settle(r, w.Header(), true)
		defer body.Leave()
		next.ServeHTTP(w, r)
	})
}

// buildInfo says what runs. The engine cannot change while the node runs.
func buildInfo(s *Service, engine string) prometheus.Collector {
	labels := prometheus.Labels{"version": s.cfg.Version, "commit": s.cfg.Commit, "goversion": runtime.Version(),
		"engine": engine, "module": ""}
	if s.instances != nil {
		labels["module"] = s.instances.ModuleHash()
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "edgetoken_build_info", Help: "1; its labels say what runs.", ConstLabels: labels,
	}, func() float64 { return 1 })
}
