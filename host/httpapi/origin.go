package httpapi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

var (
	foreignSite     = forgery{"foreign_site", "Origin checking failed - the request comes from another site."}
	noReferer       = forgery{"no_referer", "Referer checking failed - no Referer."}
	malformed       = forgery{"malformed_referer", "Referer checking failed - Referer is malformed."}
	insecureReferer = forgery{"insecure_referer", "Referer checking failed - Referer is insecure while host is secure."}
)

func badOrigin(origin string) forgery {
	return forgery{"bad_origin", "Origin checking failed - " + origin + " does not match any trusted origins."}
}

func badReferer(referer string) forgery {
	return forgery{"bad_referer", "Referer checking failed - " + referer + " does not match any trusted origins."}
}

// checkOrigin says what is wrong with an origin in a configuration: it is a scheme, a host and perhaps a port, as
// browsers send it. The host may begin with "*.".
func checkOrigin(origin string) error {
	u, err := django.SplitURL(origin)
	host := strings.TrimPrefix(u.NetLoc, "*.")
	switch {
	case origin == "null":
		return errors.New(`"null" is the origin of every page that has none, such as files and sandboxed frames: anybody can have it`)
	case err != nil, u.Scheme != "http" && u.Scheme != "https", origin != u.Scheme+"://"+u.NetLoc, !hostPattern.MatchString(host), strings.ToLower(origin) != origin:
		return fmt.Errorf("%q is no origin: write it as browsers do, in lower case and without a path: https://shop.example", origin)
	case u.Scheme == "http" && strings.HasSuffix(host, ":80"), u.Scheme == "https" && strings.HasSuffix(host, ":443"):
		return fmt.Errorf("%q has the port of its scheme, which browsers leave out: leave it out too", origin)
	}
	return nil
}

// protection tells by Sec-Fetch-Site whether a request comes from another site. It is asked where there is no Origin
// header.
var protection = http.NewCrossOriginProtection()

// checkSite says why the site that a request comes from may not send it.
func (rq *request) checkSite() forgery {
	secureWire := rq.node.Settings().Wire == core.Secure
	origin, sent := rq.header("Origin")
	switch {
	case !sent:
		if secureWire && protection.Check(rq.Request) != nil {
			return foreignSite
		}
	case rq.compat.plainCSRF || secureWire:
		if !rq.trustsOrigin(django.Latin1(origin), rq.site()) {
			return badOrigin(django.Latin1(origin))
		}
		if rq.compat.plainCSRF {
			return forgery{}
		}
	}
	if rq.isSecure() {
		return rq.checkReferer()
	}
	return forgery{}
}

// site is where a request goes, as browsers name it: "https" and "shop.example:8443".
type site struct{ scheme, host string }

func (s site) origin() string { return s.scheme + "://" + s.host }

// site is the node's own: the scheme and the host by which the request came.
func (rq *request) site() site {
	if rq.isSecure() {
		return site{"https", rq.Host}
	}
	return site{"http", rq.Host}
}

// trustsOrigin reports whether an origin is that of the site itself or one of those that may send forms.
func (rq *request) trustsOrigin(origin string, own site) bool {
	return origin == own.origin() || rq.cfg.Browser.Trusts(origin)
}

// Trusts reports whether an origin is one of TrustedOrigins.
func (b Browser) Trusts(origin string) bool { return originAmong(origin, b.TrustedOrigins) }

// originAmong reports whether an origin is one of a list, in which "https://*.shop.example" stands for a domain and
// all below it (Django's CSRF_TRUSTED_ORIGINS).
func originAmong(origin string, list []string) bool {
	u, err := django.SplitURL(origin)
	for _, listed := range list {
		scheme, host, _ := strings.Cut(listed, "://")
		if domain, all := strings.CutPrefix(host, "*"); all && err == nil && u.Scheme == scheme && django.SameDomain(u.NetLoc, domain) || origin == listed {
			return true
		}
	}
	return false
}

// checkReferer says why the page that a request over TLS comes from may not send it. Without TLS the header proves
// nothing.
func (rq *request) checkReferer() forgery {
	header, sent := rq.header("Referer")
	if !sent {
		return noReferer
	}
	referer := django.Latin1(header)
	u, err := django.SplitURL(referer)
	switch {
	case err != nil || u.Scheme == "" || u.NetLoc == "":
		return malformed
	case u.Scheme != "https":
		return insecureReferer
	}
	for _, trusted := range rq.cfg.Browser.TrustedOrigins {
		_, host, _ := strings.Cut(trusted, "://")
		if django.SameDomain(u.NetLoc, strings.TrimPrefix(host, "*")) {
			return forgery{}
		}
	}
	good := rq.Host
	if domain := rq.cfg.Browser.CSRF.Domain; domain != "" {
		good = domain
		if _, port, err := net.SplitHostPort(rq.Host); err == nil && port != "443" && port != "80" {
			good += ":" + port
		}
	}
	if !django.SameDomain(u.NetLoc, good) {
		return badReferer(django.JoinURL(referer))
	}
	return forgery{}
}
