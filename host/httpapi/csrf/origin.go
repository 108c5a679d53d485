package csrf

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Site is a scheme and a host, as browsers name them: "https" and "shop.example:8443".
type Site struct{ Scheme, Host string }

// Origin is the site in an Origin header: "https://shop.example:8443".
func (s Site) Origin() string { return s.Scheme + "://" + s.Host }

// CheckOrigin says what is wrong with an origin in a configuration. It is a scheme, a host and an optional port, as
// browsers send it; "*." before the host stands for the domain and all its subdomains.
func CheckOrigin(origin string) error {
	u, err := django.SplitURL(origin)
	host := strings.TrimPrefix(u.NetLoc, "*.")
	_, named := django.HostName(host)
	switch {
	case origin == "null":
		return errors.New(`"null" is the origin of every page that has none, such as files and sandboxed frames: ` +
			`anybody can have it`)
	case err != nil, u.Scheme != "http" && u.Scheme != "https", !named,
		origin != u.Scheme+"://"+u.NetLoc, origin != strings.ToLower(origin):
		return fmt.Errorf("%q is no origin: write it as browsers do, in lower case and without a path: "+
			"https://shop.example", origin)
	case u.Scheme == "http" && strings.HasSuffix(host, ":80"), u.Scheme == "https" && strings.HasSuffix(host, ":443"):
		return fmt.Errorf("%q has the port of its scheme, which browsers leave out: leave it out too", origin)
	}
	return nil
}

// OriginAmong reports whether an origin is one of a list, in which "https://*.shop.example" stands for a domain and
// its subdomains (Django's CSRF_TRUSTED_ORIGINS).
func OriginAmong(origin string, list []string) bool {
	if slices.Contains(list, origin) {
		return true
	}
	u, err := django.SplitURL(origin)
	return err == nil && slices.ContainsFunc(list, func(listed string) bool {
		scheme, host, _ := strings.Cut(listed, "://")
		domain, all := strings.CutPrefix(host, "*")
		return all && u.Scheme == scheme && django.SameDomain(u.NetLoc, domain)
	})
}

// Trusts reports whether pages of an origin may send requests to a site.
func (p *Policy) Trusts(origin string, own Site) bool {
	return origin == own.Origin() || OriginAmong(origin, p.TrustedOrigins)
}

// fetchMetadata tells by Sec-Fetch-Site whether a request comes from another site.
var fetchMetadata = http.NewCrossOriginProtection()

// checkSource checks by Origin, Sec-Fetch-Site and Referer which page a request comes from.
func (p *Policy) checkSource(r *Request) error {
	origin, sent := django.HeaderValue(r.Header, "Origin")
	switch {
	case !sent:
		if p.Strict && fetchMetadata.Check(r.Request) != nil {
			return foreignSite
		}
	case p.Plain || p.Strict:
		if origin = django.Latin1(origin); !p.Trusts(origin, r.Own) {
			return BadOrigin(origin)
		}
		if p.Plain {
			return nil
		}
	}
	if r.Own.Scheme == "https" { // else the header proves nothing
		return p.checkReferer(r)
	}
	return nil
}

func (p *Policy) checkReferer(r *Request) error {
	header, sent := django.HeaderValue(r.Header, "Referer")
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
	for _, trusted := range p.TrustedOrigins {
		_, host, _ := strings.Cut(trusted, "://")
		if django.SameDomain(u.NetLoc, strings.TrimPrefix(host, "*")) {
			return nil
		}
	}
	good := r.Own.Host
	if p.CookieDomain != "" {
		good = p.CookieDomain
		if _, port, err := net.SplitHostPort(r.Own.Host); err == nil && port != "443" && port != "80" {
			good += ":" + port
		}
	}
	if !django.SameDomain(u.NetLoc, good) {
		return badReferer(django.JoinURL(referer))
	}
	return nil
}
