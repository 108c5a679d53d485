package service

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// keyFigures are the metrics of the keys that published gives.
type keyFigures struct {
	published func() *httpapi.PublishedKeys
}

var (
	keysDesc = prometheus.NewDesc("edgetoken_keys", "Keys by state: published, signing, verifying or gone.",
		[]string{"state"}, nil)
	keyEndsDesc = prometheus.NewDesc("edgetoken_key_ends_timestamp_seconds", "When a key ends, in Unix seconds, for "+
		"those that end and are not gone.", []string{"kid"}, nil)
	keyChangeDesc = prometheus.NewDesc("edgetoken_key_next_change_timestamp_seconds", "When the next key is made by "+
		"keys.rotate_every, begins to sign or ends, in Unix seconds; absent if none does.", nil, nil)
)

// Describe implements prometheus.Collector.
func (keyFigures) Describe(out chan<- *prometheus.Desc) {
	out <- keysDesc
	out <- keyEndsDesc
	out <- keyChangeDesc
}

// Collect implements prometheus.Collector.
func (f keyFigures) Collect(out chan<- prometheus.Metric) {
	keys := f.published()
	if keys == nil {
		return
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counts, named := map[string]int{}, map[string]bool{}
	for _, key := range keys.List {
		counts[key.State]++
		// Prometheus takes neither a label that is no UTF-8 nor one value twice.
		kid := strings.ToValidUTF8(key.ID, "\uFFFD")
		if !key.Ends.IsZero() && key.State != core.KeyGone.String() && !named[kid] {
			named[kid] = true
			gauge(keyEndsDesc, float64(key.Ends.Unix()), kid)
		}
	}
	for state := core.KeyPublished; state <= core.KeyGone; state++ {
		gauge(keysDesc, float64(counts[state.String()]), state.String())
	}
	if !keys.At.IsZero() {
		gauge(keyChangeDesc, float64(keys.At.Unix()))
	}
}

// signerFigures are those of keys that sign elsewhere.
func signerFigures(faults *keyring.SignerFaults) figures {
	var list []figure
	for _, fault := range keyring.AllSignerFaults {
		list = append(list, counterOf("edgetoken_signer_failures_total", "Signatures that could not be had from "+
			"elsewhere, for each of which a request was answered with 503.", "reason", string(fault)))
	}
	return figures{list, func() []float64 {
		var values []float64
		for _, fault := range keyring.AllSignerFaults {
			values = append(values, float64(faults.Count(fault)))
		}
		return values
	}}
}
