package django

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/edgetoken/edgetoken/core/python"
)

// ErrURL says that Python's urlsplit does not take a text for a URL.
var ErrURL = errors.New("text is no URL")

// maxURL is how long the URL of a redirect may be, in characters. Django 5.2 does not count the white space around
// it. It counts here, in both versions, since the URL is kept while a password waits for its turn, and a page repeats
// it.
const maxURL = 2048

// URL holds the parts of a URL that tell where it leads.
type URL struct{ Scheme, NetLoc string }

// SplitURL splits a URL as Python's urlsplit does. It drops control characters and spaces before the URL, and tabs
// and line ends anywhere. The scheme stands before the first colon, if its characters are those of a scheme; the net
// location follows // up to the next /, ? or #. The error is ErrURL.
//
//	"HTTPS://a.example:1/x"  {"https", "a.example:1"}        "//b/x"  {"", "b"}        "/x:y"  {}
func SplitURL(url string) (URL, error) {
	url = cleanURL(url)
	u, err := splitURL(url, url != "" && isLetter(url[0]))
	if err != nil {
		return URL{}, err
	}
	if bracketed := strings.IndexByte(u.NetLoc, '['); bracketed >= 0 {
		host, _, _ := strings.Cut(u.NetLoc[bracketed+1:], "]")
		if !bracketedHost(host) {
			return URL{}, ErrURL
		}
	}
	return u, checkNetLoc(u.NetLoc)
}

// JoinURL splits a URL with a scheme and a net location and joins it again, as Python does: the scheme becomes lower
// case, and an empty query and an empty fragment go.
//
//	"HTTPS://a.example/x?#"  "https://a.example/x"
func JoinURL(url string) string {
	scheme, rest, _ := strings.Cut(cleanURL(url), ":")
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	if query != "" {
		rest += "?" + query
	}
	if fragment != "" {
		rest += "#" + fragment
	}
	return lowerASCII(scheme) + ":" + rest
}

// cleanURL is a URL without the characters that Python drops before it splits it.
func cleanURL(url string) string {
	url = strings.TrimLeftFunc(url, func(r rune) bool { return r <= ' ' })
	return strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(url)
}

// splitURL is the urlsplit of older Pythons, of which Django 3.2 has a copy for redirects.
func splitURL(url string, mayHaveScheme bool) (u URL, err error) {
	if i := strings.IndexByte(url, ':'); i > 0 && mayHaveScheme && isScheme(url[:i]) {
		u.Scheme, url = lowerASCII(url[:i]), url[i+1:]
	}
	if !strings.HasPrefix(url, "//") {
		return u, nil
	}
	u.NetLoc = url[2:]
	if end := strings.IndexAny(u.NetLoc, "/?#"); end >= 0 {
		u.NetLoc = u.NetLoc[:end]
	}
	if strings.Contains(u.NetLoc, "[") != strings.Contains(u.NetLoc, "]") {
		return URL{}, ErrURL
	}
	return u, nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isScheme reports whether all characters may stand in a scheme.
func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && (s[i] < '0' || s[i] > '9') && s[i] != '+' && s[i] != '-' && s[i] != '.' {
			return false
		}
	}
	return true
}

var futureAddress = regexp.MustCompile(`^v[a-fA-F0-9]+\.[^\n]+$`)

// bracketedHost reports whether a text may stand in brackets: an IPv6 address, or one of a later version (RFC 3986
// §3.2.2).
func bracketedHost(host string) bool {
	if strings.HasPrefix(host, "v") {
		return futureAddress.MatchString(host)
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Is6()
}

// checkNetLoc refuses a net location with a character that NFKC turns into delimiters, such as U+2100, which becomes
// a/c.
func checkNetLoc(netloc string) error {
	if isASCII(netloc) {
		return nil
	}
	text := strings.NewReplacer("@", "", ":", "", "#", "", "?", "").Replace(netloc)
	if normal := norm.NFKC.String(text); normal != text && strings.ContainsAny(normal, "/?#@:") {
		return ErrURL
	}
	return nil
}

// SafeURL reports whether a redirect to a URL from a client stays on host (Django's url_has_allowed_host_and_scheme).
// secure: it must not lead from TLS to plain HTTP.
func SafeURL(url, host string, secure bool, rules Rules) bool {
	if CodePoints(url) > maxURL {
		return false
	}
	url = python.Strip(url)
	// Browsers take a backslash for a slash; before an @ it may be part of a password.
	return url != "" && safeURL(url, host, secure, rules) &&
		safeURL(strings.ReplaceAll(url, `\`, "/"), host, secure, rules)
}

func safeURL(url, host string, secure bool, rules Rules) bool {
	// Browsers take any number of slashes for two.
	if strings.HasPrefix(url, "///") {
		return false
	}
	var u URL
	var err error
	if rules.StrictURLs {
		u, err = SplitURL(url)
	} else {
		u, err = splitURL(url, true)
	}
	// A scheme without a host is one that a browser finds a host for.
	if err != nil || u.NetLoc == "" && u.Scheme != "" {
		return false
	}
	if first, _ := utf8.DecodeRuneInString(url); isControl(first) {
		return false
	}
	scheme := u.Scheme
	if scheme == "" && u.NetLoc != "" {
		scheme = "http"
	}
	return (u.NetLoc == "" || u.NetLoc == host) && (scheme == "" || scheme == "https" || scheme == "http" && !secure)
}

// isControl reports whether a character is in one of Unicode's categories C, which include unassigned ones.
func isControl(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

// hostPattern is what Django accepts as the Host header, in lower case: a name or an IPv6 address, and a port.
var hostPattern = regexp.MustCompile(`^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(:[0-9]+)?$`)

// HostName is a Host header, in lower case, without its port; ok is false if Django does not accept it
// (split_domain_port).
func HostName(host string) (name string, ok bool) {
	parts := hostPattern.FindStringSubmatch(host)
	if parts == nil {
		return "", false
	}
	return parts[1], true
}

// SameDomain reports whether a host is that of a pattern; ".shop.example" stands for a domain and its subdomains
// (Django's is_same_domain).
func SameDomain(host, pattern string) bool {
	pattern = strings.ToLower(pattern)
	return pattern != "" &&
		(host == pattern || pattern[0] == '.' && (strings.HasSuffix(host, pattern) || host == pattern[1:]))
}

// URI escapes the characters that a URL cannot have, so that the text can be a Location header (Django's iri_to_uri).
func URI(iri string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(iri); i++ {
		c := iri[i]
		if isLetter(c) || '0' <= c && c <= '9' || strings.IndexByte("_.-~/#%[]=:;$&()+,!?*@'", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
