package config_test

import (
	"strings"
	"testing"
)

// TestServiceLinks: what Kubernetes or Docker makes for a service is ignored with one warning that has the names and
// no value; what is no link is a mistake still.
func TestServiceLinks(t *testing.T) {
	for _, environ := range [][]string{
		{"EDGETOKEN_METRICS_PORT=tcp://10.0.0.7:9100"},
		{"EDGETOKEN_METRICS_SERVICE_HOST=10.0.0.7", "EDGETOKEN_METRICS_SERVICE_PORT=9100",
			"EDGETOKEN_METRICS_SERVICE_PORT_HTTP_METRICS=9100", "EDGETOKEN_METRICS_PORT=tcp://10.0.0.7:9100",
			"EDGETOKEN_METRICS_PORT_9100_TCP=tcp://10.0.0.7:9100", "EDGETOKEN_METRICS_PORT_9100_TCP_PROTO=tcp",
			"EDGETOKEN_METRICS_PORT_9100_TCP_PORT=9100",
			"EDGETOKEN_METRICS_PORT_9100_TCP_ADDR=10.0.0.7"},
		{"EDGETOKEN_SERVICE_HOST=10.0.0.7", "EDGETOKEN_PORT=tcp://10.0.0.7:8000",
			"EDGETOKEN_PORT_8000_TCP=tcp://10.0.0.7:8000", "EDGETOKEN_SERVICE_PORT=8000"},
		{"EDGETOKEN_DNS_PORT=udp://[fd00::7]:53", "EDGETOKEN_DNS_PORT_53_UDP=udp://fd00::7:53",
			"EDGETOKEN_DNS_PORT_53_UDP_ADDR=fd00::7", "EDGETOKEN_DNS_PORT_53_SCTP_PROTO=sctp"},
		{"EDGETOKEN_NAME=/web/edgetoken", "EDGETOKEN_ENV_PATH=/usr/bin:/bin", "EDGETOKEN_ENV_EDGETOKEN_LISTEN=:1",
			"EDGETOKEN_PORT_8000_TCP=tcp://172.17.0.5:8000"},
		// A service that is named as a setting is: the name alone decides nothing.
		{"EDGETOKEN_LISTEN_PORT=tcp://10.0.0.7:80", "EDGETOKEN_LOG_LEVEL_SERVICE_HOST=10.0.0.7"},
	} {
		c, err := load(t, "", environ)
		if err != nil {
			t.Errorf("Load(%q) = %v", environ, err)
			continue
		}
		got := strings.Join(c.Warnings, "\n")
		if len(c.Warnings) != 1 || !strings.HasPrefix(got, "EDGETOKEN_*: variables that have the form of") ||
			strings.Contains(got, "10.0.0.7") || strings.Contains(got, "/bin") {
			t.Errorf("Load(%q) warns %q", environ, got)
		}
		for _, e := range environ {
			if name, _, _ := strings.Cut(e, "="); !strings.Contains(got, name) {
				t.Errorf("Load(%q) warns %q, without %s", environ, got, name)
			}
		}
	}
	many := []string{"EDGETOKEN_A_PORT=tcp://10.0.0.7:1", "EDGETOKEN_B_PORT=tcp://10.0.0.7:1"}
	for _, n := range strings.Split("1 2 3 4 5 6 7 8", " ") {
		many = append(many, "EDGETOKEN_C_PORT_"+n+"_TCP_PORT="+n)
	}
	if c, err := load(t, "", many); err != nil || len(c.Warnings) != 1 ||
		!strings.Contains(c.Warnings[0], " and 2 more;") {
		t.Errorf("of %d variables: %v, warnings %q", len(many), err, c.Warnings)
	}
	for _, e := range []string{
		"EDGETOKEN_METRICS_PORT=9100", "EDGETOKEN_PORT=8000", "EDGETOKEN_PORT=http://10.0.0.7:8000",
		"EDGETOKEN_PORT=tcp://10.0.0.7", "EDGETOKEN_PORT=tcp://:80", "EDGETOKEN_PORT=",
		"EDGETOKEN_SERVICE_PORT=high", "EDGETOKEN_SERVICE_PORT=70000", "EDGETOKEN_SERVICE_NAME=x",
		"EDGETOKEN_METRICS_HOST=10.0.0.7",
		"EDGETOKEN_PORT_X_TCP=tcp://10.0.0.7:80", "EDGETOKEN_ENV_PATH=/bin", "EDGETOKEN_NAME=web",
		"EDGETOKEN_LISTNE=tcp://10.0.0.7:80", "EDGETOKEN_LOG_LEVLE=info",
	} {
		name, _, _ := strings.Cut(e, "=")
		if _, err := load(t, "", []string{e}); err == nil ||
			!strings.HasPrefix(err.Error(), name+": is no variable of edgetoken: ") {
			t.Errorf("Load with %s = %v, want a mistake", e, err)
		}
	}
	// A setting is a setting whatever its value.
	if _, err := load(t, "", []string{"EDGETOKEN_LISTEN=tcp://10.0.0.7:80"}); err == nil ||
		!strings.HasPrefix(err.Error(), "EDGETOKEN_LISTEN: listen: ") {
		t.Errorf("EDGETOKEN_LISTEN=tcp://… = %v, want a mistake in its value", err)
	}
}
