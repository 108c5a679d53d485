package django

import (
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core/python"
)

// ParseCookies reads a Cookie header as Django does. The last cookie of a name counts, a part without "=" is the
// value of the empty name, and a value loses its double quotes and the backslashes between them.
//
//	sessionid=abc; a="x\054y"; b    {"sessionid": "abc", "a": "x,y", "": "b"}
func ParseCookies(header string) map[string]string {
	cookies := map[string]string{}
	for chunk := range strings.SplitSeq(header, ";") {
		name, value, found := strings.Cut(chunk, "=")
		if !found {
			name, value = "", chunk
		}
		if name, value = python.Strip(name), python.Strip(value); name != "" || value != "" {
			cookies[name] = unquoteCookie(value)
		}
	}
	return cookies
}

// CountCookies counts the cookies of a name in a Cookie header. A browser sends several if that cookie was set for
// another path or domain too, and nothing tells which is which.
func CountCookies(header, name string) (n int) {
	for chunk := range strings.SplitSeq(header, ";") {
		if found, _, ok := strings.Cut(chunk, "="); ok && python.Strip(found) == name {
			n++
		}
	}
	return n
}

// unquoteCookie is the _unquote function of Python's http.cookies: \" is ", \054 is the character of that octal number.
func unquoteCookie(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	value = value[1 : len(value)-1]
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '\\' && i+3 < len(value) &&
			'0' <= value[i+1] && value[i+1] <= '3' && isOctal(value[i+2]) && isOctal(value[i+3]):
			b.WriteRune(rune(value[i+1]-'0')<<6 | rune(value[i+2]-'0')<<3 | rune(value[i+3]-'0'))
			i += 3
		case value[i] == '\\' && i+1 < len(value) && value[i+1] != '\n':
			b.WriteByte(value[i+1])
			i++
		default:
			b.WriteByte(value[i])
		}
	}
	return b.String()
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// Cookie is a cookie to set, with the attributes of Django's set_cookie. Its name and value must need no quotes
// (RFC 6265 §4.1.1), and domain and path must have no semicolon; a client chooses none of them.
type Cookie struct {
	Name, Value string
	MaxAge      time.Duration // 0: the cookie is deleted
	Domain      string        // "": the host alone
	Path        string
	SameSite    string // Lax, Strict or None; "": none
	Secure      bool
	HTTPOnly    bool
}

// Header is the Set-Cookie header of a cookie at a time, its attributes in Python's order.
//
//	csrftoken=abc; expires=Tue, 01 Jan 2030 00:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax
func (c Cookie) Header(now time.Time) string {
	var b strings.Builder
	value, expires := c.Value, now.Add(c.MaxAge)
	if value == "" {
		value = `""`
	}
	if c.MaxAge <= 0 {
		expires = time.Unix(0, 0)
	}
	b.WriteString(c.Name + "=" + value)
	if c.Domain != "" {
		b.WriteString("; Domain=" + c.Domain)
	}
	b.WriteString("; expires=" + HTTPDate(expires))
	if c.HTTPOnly {
		b.WriteString("; HttpOnly")
	}
	b.WriteString("; Max-Age=" + strconv.FormatInt(int64(max(0, c.MaxAge)/time.Second), 10) + "; Path=" + c.Path)
	if c.SameSite != "" {
		b.WriteString("; SameSite=" + c.SameSite)
	}
	if c.Secure {
		b.WriteString("; Secure")
	}
	return b.String()
}

// HTTPDate is a time as headers write it (RFC 9110 §5.6.7).
func HTTPDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
