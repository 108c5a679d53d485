package config

import (
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Kubernetes puts variables for every service of the namespace into each container, and Docker for a linked
// container. Those of a service named edgetoken or edgetoken-something have our prefix (kubernetes.io, "Accessing the
// Service"; docs.docker.com, "Legacy container links"):
//
//	EDGETOKEN_METRICS_SERVICE_HOST=10.0.0.7           EDGETOKEN_METRICS_SERVICE_PORT=9100
//	EDGETOKEN_METRICS_SERVICE_PORT_HTTP=9100
//	EDGETOKEN_METRICS_PORT=tcp://10.0.0.7:9100        EDGETOKEN_METRICS_PORT_9100_TCP=tcp://10.0.0.7:9100
//	EDGETOKEN_METRICS_PORT_9100_TCP_PROTO=tcp         …_TCP_PORT=9100      …_TCP_ADDR=10.0.0.7
//	EDGETOKEN_NAME=/web/edgetoken                     EDGETOKEN_ENV_PATH=/bin                   (Docker alone)
//
// A name with a port and a protocol in it, or with _SERVICE_HOST, is no setting, not even a misspelt one. For the other
// names the value must look like a link too, so that a misspelt setting is still reported.
var links = []struct {
	name  *regexp.Regexp
	value func(string) bool // nil: any
}{
	{regexp.MustCompile(`_SERVICE_HOST$`), nil},
	{regexp.MustCompile(`_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|ADDR|PORT(_START|_END)?))?$`), nil},
	{regexp.MustCompile(`_SERVICE_PORT(_[A-Z0-9_]+)?$`), isPort},
	{regexp.MustCompile(`_PORT$`), isEndpoint},
	{regexp.MustCompile(`_NAME$`), containerName.MatchString},
}

var (
	endpoint      = regexp.MustCompile(`^(tcp|udp|sctp)://(.+)$`)
	containerName = regexp.MustCompile(`^/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	hostName      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
)

func isHost(s string) bool { return net.ParseIP(s) != nil || hostName.MatchString(s) }

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func isEndpoint(s string) bool {
	m := endpoint.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	host, port, err := net.SplitHostPort(m[2])
	if err != nil { // Kubernetes writes IPv6 without brackets in some versions
		i := strings.LastIndexByte(m[2], ':')
		if i < 0 {
			return false
		}
		host, port = m[2][:i], m[2][i+1:]
	}
	return isHost(host) && isPort(port)
}

// isLink reports whether a variable has the form of a service link. ALIAS_ENV_…, Docker's copy of a linked container's
// own variable, is one if ALIAS_NAME is.
func isLink(name, value string, environ []string) bool {
	for _, l := range links {
		if l.name.MatchString(name) && (l.value == nil || l.value(value)) {
			return true
		}
	}
	alias, _, isCopy := strings.Cut(name, "_ENV_")
	if !isCopy {
		return false
	}
	for _, e := range environ {
		if value, found := strings.CutPrefix(e, alias+"_NAME="); found && containerName.MatchString(value) {
			return true
		}
	}
	return false
}

// namedLinks is how many of the variables a warning names.
const namedLinks = 8

func ignoredLinks(c *Config) string {
	if len(c.links) == 0 {
		return ""
	}
	named := strings.Join(c.links[:min(len(c.links), namedLinks)], ", ")
	if more := len(c.links) - namedLinks; more > 0 {
		named += " and " + strconv.Itoa(more) + " more"
	}
	return ": variables that have the form of Kubernetes' or Docker's service links are ignored: " + named +
		"; enableServiceLinks: false in the pod leaves them out"
}
