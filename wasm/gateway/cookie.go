package gateway

import (
	"slices"
	"strings"
)

// cookieValue is the value of a cookie. Nothing tells which of several with one name was meant: then it is "", which is
// no token.
func cookieValue(headers []string, name string) (value string, sent bool) {
	for _, header := range headers {
		for chunk := range strings.SplitSeq(header, ";") {
			found, text, ok := strings.Cut(chunk, "=")
			if !ok || strings.TrimSpace(found) != name {
				continue
			}
			if sent {
				return "", true
			}
			value, sent = strings.TrimSpace(text), true
		}
	}
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return value, sent
}

// trustsOrigin reports whether a browser may have sent the cookie: from a page of the host that it asks, or of a
// configured origin. Without an Origin header there is nothing to compare.
func (g *Gateway) trustsOrigin(rq *Request) bool {
	if len(rq.Origins) == 0 {
		return true
	}
	origin := strings.Join(rq.Origins, ",")
	_, host, ok := strings.Cut(origin, "://")
	return ok && host != "" && host == lower(rq.Host) || slices.Contains(g.origins, origin)
}
