package service

import (
	"cmp"
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
)

// figures are metrics without labels that are read together, so that they belong to one moment.
type figures struct {
	list []figure
	read func() []float64 // a value for each of list; fewer where the last of them are not known
}

type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string) figure {
	return figure{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue}
}

func counter(name, help string) figure {
	return figure{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue}
}

// counterOf is a counter with a label of few values.
func counterOf(name, help, label, value string) figure {
	return figure{prometheus.NewDesc(name, help, nil, prometheus.Labels{label: value}), prometheus.CounterValue}
}

// Describe implements prometheus.Collector.
func (f figures) Describe(out chan<- *prometheus.Desc) {
	for _, x := range f.list {
		out <- x.desc
	}
}

// Collect implements prometheus.Collector.
func (f figures) Collect(out chan<- prometheus.Metric) {
	for i, v := range f.read() {
		out <- prometheus.MustNewConstMetric(f.list[i].desc, f.list[i].kind, v)
	}
}

func hashingFigures(s *Service) figures {
	return figures{[]figure{
		gauge("edgetoken_hashing_workers", "Passwords that may be hashed at once."),
		gauge("edgetoken_hashing_running", "Passwords being hashed."),
		gauge("edgetoken_hashing_waiting", "Log-ins that wait for a worker."),
		gauge("edgetoken_hashing_memory_used_bytes", "Memory of the hashes at work."),
		gauge("edgetoken_hashing_memory_limit_bytes", "Memory that hashes at work may take."),
		counter("edgetoken_hashing_done_total", "Passwords hashed."),
		counter("edgetoken_hashing_refused_total", "Log-ins not hashed, since the queue was full or the wait "+
			"too long."),
	}, func() []float64 {
		h := s.hashing.Stats()
		return []float64{float64(h.Workers), float64(h.Running), float64(h.Waiting), float64(h.MemoryUsed),
			float64(h.Memory), float64(h.Done), float64(h.Refused)}
	}}
}

// processFigures are those of the processes that hash passwords.
func processFigures(s *Service) figures {
	list := []figure{
		gauge("edgetoken_hashing_healthy", "Whether passwords can be hashed (1) or no process for that works (0)."),
		gauge("edgetoken_hashing_processes", "Processes for passwords that are alive."),
	}
	for _, f := range hashing.Failures {
		list = append(list, counterOf("edgetoken_hashing_failures_total", "Failures of processes for passwords, each "+
			"of which was ended.", "reason", string(f)))
	}
	return figures{list, func() []float64 {
		h := s.processes.Stats()
		values := []float64{1, float64(h.Processes)}
		if s.processes.Health() != nil {
			values[0] = 0
		}
		for _, f := range hashing.Failures {
			values = append(values, float64(h.Failures[f]))
		}
		return values
	}}
}

func logFigures(s *Service) figures {
	return figures{[]figure{
		counter("edgetoken_log_records_dropped_total", "Records of the log that found no room in its buffer, or that "+
			"its destination did not take."),
		gauge("edgetoken_log_buffer_bytes", "Records that wait to be written."),
		gauge("edgetoken_log_buffer_limit_bytes", "Memory that they may take."),
	}, func() []float64 {
		l := s.logs.Stats()
		return []float64{float64(l.Dropped), float64(l.Bytes), float64(l.Limit)}
	}}
}

func cacheFigures(s *Service) figures {
	return figures{[]figure{
		counter("edgetoken_token_cache_hits_total", "Tokens whose signature had been found good before."),
		counter("edgetoken_token_cache_misses_total", "Tokens that were not remembered."),
		gauge("edgetoken_token_cache_entries", "Verified tokens that are remembered."),
		gauge("edgetoken_token_cache_bytes", "Memory that they take."),
		gauge("edgetoken_token_cache_limit_bytes", "Memory that they may take."),
	}, func() []float64 {
		c := s.verified.Stats()
		return []float64{float64(c.Hits), float64(c.Misses), float64(c.Entries), float64(c.Bytes), float64(c.Limit)}
	}}
}

func engineFigures(s *Service) figures {
	return figures{[]figure{
		gauge("edgetoken_engine_instances", "Instances of the module that are alive."),
		gauge("edgetoken_engine_instances_limit", "Most instances there can be."),
		counter("edgetoken_engine_instances_broken_total", "Instances dropped since they trapped or answered "+
			"nonsense."),
		counter("edgetoken_engine_waits_total", "Calls that waited since all instances were in use."),
		gauge("edgetoken_engine_interpreted", "Whether the module is interpreted (1), which takes several times as "+
			"long, or compiled (0)."),
	}, func() []float64 {
		e, interpreted := s.instances.Stats(), 0.0
		if s.instances.Interpreted() {
			interpreted = 1
		}
		return []float64{float64(e.Instances), float64(e.Limit), float64(e.Broken), float64(e.Waited), interpreted}
	}}
}

func clockFigures(s *Service) figures {
	return figures{[]figure{
		gauge("edgetoken_clock_plausible", "Whether tokens are issued by the clock (1) or it cannot be right (0)."),
	}, func() []float64 {
		if s.store.CheckClock() != nil {
			return []float64{0}
		}
		return []float64{1}
	}}
}

func storeFigures(s *Service, cfg *config.Config) figures {
	limit := 0.0
	if cfg.Outbox || cfg.Fleet.Edge {
		limit = float64(cmp.Or(cfg.MaxOutbox, store.DefaultMaxOutbox))
	}
	return figures{[]figure{
		gauge("edgetoken_store_healthy", "Whether the store answers (1) or waits to open its file anew (0)."),
		counter("edgetoken_store_commits_total", "Transactions that wrote and are durable."),
		counter("edgetoken_store_committed_writes_total", "Writes that these served: several share a commit."),
		counter("edgetoken_store_commit_failures_total", "Commits that failed, which made the store unavailable."),
		counter("edgetoken_store_reopenings_total", "Times the file was opened anew after that."),
		gauge("edgetoken_store_last_commit_duration_seconds", "How long the last commit took."),
		gauge("edgetoken_store_family_index_bytes",
			"Memory of the index of revoked and rotated log-ins; 0: it was dropped."),
		counter("edgetoken_store_unindexed_reads_total", "Checks of log-ins that read the file since then."),
		// Known while the store is healthy.
		gauge("edgetoken_store_customers", "Customers."),
		gauge("edgetoken_store_families", "Records of revoked and rotated log-ins."),
		gauge("edgetoken_store_tombstones", "Records of removed customers whose tokens may still be in circulation."),
		gauge("edgetoken_store_sessions", "Browser sessions that have not ended or expired."),
		gauge("edgetoken_store_size_bytes", "Size of the file up to its last page in use."),
		gauge("edgetoken_outbox_frames", "Frames that wait to be acknowledged."),
		gauge("edgetoken_outbox_bytes", "What they take."),
		gauge("edgetoken_outbox_limit_bytes", "What they may take; 0 while the outbox is off."),
		gauge("edgetoken_frames_waiting", "Frames of other nodes that wait for the ones before them."),
		gauge("edgetoken_facts_quarantined", "Frames and facts of other nodes that cannot be applied here."),
		gauge("edgetoken_conflicts_ids", "Customers who wait, since another one has their id."),
		gauge("edgetoken_conflicts_emails", "Customers who wait for an e-mail address that another one has."),
	}, func() []float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		d, err := s.store.Stats(ctx)
		healthy := 0.0
		if err == nil {
			healthy = 1
		}
		values := []float64{healthy, float64(d.Commits), float64(d.Requests), float64(d.Failures),
			float64(d.Reopenings), d.LastCommitTook.Seconds(), float64(d.FamilyIndexBytes), float64(d.UnindexedReads)}
		if err != nil {
			return values
		}
		return append(values, float64(d.Customers), float64(d.Families), float64(d.Tombstones), float64(d.Sessions),
			float64(d.Bytes), float64(d.OutboxFrames), float64(d.OutboxBytes), limit, float64(d.WaitingFrames),
			float64(d.Quarantined), float64(d.Parked), float64(d.Contested))
	}}
}

// certificateFigures say when the certificate expires.
func certificateFigures(s *Service) figures {
	return figures{[]figure{gauge("edgetoken_tls_certificate_not_after_timestamp_seconds", "When the certificate in "+
		"use ends, in Unix seconds.")},
		func() []float64 { return []float64{float64(s.certificate.expires().Unix())} }}
}
