package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// matcher compares answers with recorded ones, for one case.
type matcher struct {
	settings recordedSettings
	keys     *keyring.Ring
	seen     map[string]bool // ids of the tokens of this case
	faults   []string
}

func (m *matcher) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(text) > 600 {
		text = text[:600] + "…"
	}
	m.faults = append(m.faults, text)
}

// asSets are the headers that compare as sets.
var asSets = []string{"allow", "vary", "cache-control"}

// response names everything in which an answer is not the recorded one. Where something is, ids that it saw do not
// count.
func (m *matcher) response(want map[string]any, got *response) []string {
	seen := maps.Clone(m.seen)
	m.faults = nil
	for member, value := range want {
		switch member {
		case "status":
			m.value("status", value, json.Number(fmt.Sprint(got.status)))
		case "headers":
			for name, v := range value.(map[string]any) {
				m.header(strings.ToLower(name), v, got.headers[strings.ToLower(name)])
			}
		case "cookies":
			for name, v := range value.(map[string]any) {
				m.cookie(name, v, got.cookies[name])
			}
		case "body":
			if !got.isJSON {
				m.fault("body: want JSON, got %q", got.text)
			} else {
				m.value("body", value, got.json)
			}
		case "raw":
			if got.text != value {
				m.fault("raw body: want %q, got %q", value, got.text)
			}
		case "body_text":
			if strings.TrimSpace(got.text) != strings.TrimSpace(value.(string)) {
				m.fault("body text: want %q, got %q", value, got.text)
			}
		case "body_contains", "body_lacks":
			for _, text := range value.([]any) {
				if strings.Contains(got.text, text.(string)) != (member == "body_contains") {
					m.fault("%s: %q, got %q", member, text, got.text)
				}
			}
		case "empty":
			if value == true && got.text != "" {
				m.fault("body: want none, got %q", got.text)
			}
		default:
			m.fault("recorded answer has an unknown member %q", member)
		}
	}
	if len(m.faults) > 0 {
		m.seen = seen
	}
	return m.faults
}

var aroundSemicolon = regexp.MustCompile(`\s*;\s*`)

func (m *matcher) header(name string, want, got any) {
	if want == nil || got == nil {
		if want != got {
			m.fault("header %s: want %v, got %v", name, want, got)
		}
		return
	}
	text, isText := want.(string)
	if !isText {
		m.value("header "+name, want, got)
		return
	}
	same := func(a, b string) bool { return a == b }
	switch {
	case slices.Contains(asSets, name):
		same = func(a, b string) bool { return slices.Equal(setOf(a), setOf(b)) }
	case name == "content-type":
		same = func(a, b string) bool {
			return strings.EqualFold(aroundSemicolon.ReplaceAllString(a, "; "), aroundSemicolon.ReplaceAllString(b,
				"; "))
		}
	}
	if !same(text, got.(string)) {
		m.fault("header %s: want %q, got %q", name, text, got)
	}
}

// cookie compares a cookie; want is nil where none may be set. An attribute that is not there is false.
func (m *matcher) cookie(name string, want any, got map[string]any) {
	attributes, wanted := want.(map[string]any)
	if !wanted || got == nil {
		if wanted || got != nil {
			m.fault("cookie %s: want %v, got %v", name, want, got)
		}
		return
	}
	for attribute, v := range attributes {
		value, has := got[attribute]
		if !has {
			value = false
		}
		m.value("cookie "+name+"["+attribute+"]", v, value)
	}
}

func setOf(list string) []string {
	var items []string
	for item := range strings.SplitSeq(strings.ToLower(list), ",") {
		items = append(items, strings.TrimSpace(item))
	}
	slices.Sort(items)
	return slices.Compact(items)
}

// value compares JSON values; an object with one member that begins with $ is a matcher.
func (m *matcher) value(path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		for name, arg := range w {
			if len(w) == 1 && strings.HasPrefix(name, "$") {
				m.special(path, name, arg, got)
				return
			}
		}
		g, ok := got.(map[string]any)
		if !ok {
			m.fault("%s: want an object, got %v", path, got)
			return
		}
		for name, v := range w {
			if item, has := g[name]; has {
				m.value(path+"."+name, v, item)
			} else {
				m.fault("%s: %s is missing", path, name)
			}
		}
		for name, v := range g {
			if _, wanted := w[name]; !wanted {
				m.fault("%s: unexpected %s = %v", path, name, v)
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			m.fault("%s: want %v, got %v", path, want, got)
			return
		}
		for i := range w {
			m.value(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	case json.Number:
		if g, ok := got.(json.Number); !ok || !sameNumber(w, g) {
			m.fault("%s: want %v, got %v", path, want, got)
		}
	default:
		if want != got {
			m.fault("%s: want %v, got %v", path, want, got)
		}
	}
}

func isInteger(n json.Number) bool { return !strings.ContainsAny(string(n), ".eE") }

func sameNumber(a, b json.Number) bool {
	if isInteger(a) != isInteger(b) {
		return false
	}
	if isInteger(a) {
		return a == b
	}
	x, _ := a.Float64()
	y, _ := b.Float64()
	return x == y
}

var (
	isoTime    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$`)
	compactJWT = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)
)

// special compares with a matcher.
func (m *matcher) special(path, name string, arg, got any) {
	text, _ := got.(string)
	switch name {
	case "$any":
	case "$regex":
		if !regexp.MustCompile("^(?:" + arg.(string) + ")$").MatchString(text) {
			m.fault("%s: want a text that matches %s, got %v", path, arg, got)
		}
	case "$in":
		for _, one := range arg.([]any) {
			inner := &matcher{settings: m.settings, keys: m.keys, seen: m.seen}
			if inner.value(path, one, got); inner.faults == nil {
				return
			}
		}
		m.fault("%s: want one of %v, got %v", path, arg, got)
	case "$now_plus":
		number, ok := got.(json.Number)
		seconds, tolerance := arg, json.Number("30")
		if pair, isPair := arg.([]any); isPair {
			seconds, tolerance = pair[0], pair[1].(json.Number)
		}
		plus, _ := seconds.(json.Number).Float64()
		within, _ := tolerance.Float64()
		at, err := number.Int64()
		if !ok || !isInteger(number) || err != nil || math.Abs(float64(at)-float64(time.Now().Unix())-plus) > within {
			m.fault("%s: want an integer of now + %v, got %v", path, seconds, got)
		}
	case "$datetime":
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || !isoTime.MatchString(text) || arg == "now" && time.Since(at).Abs() > time.Minute {
			m.fault("%s: want a time (%v), got %v", path, arg, got)
		}
	case "$jwt":
		m.token(path, arg.(map[string]any), text)
	default:
		m.fault("%s: unknown matcher %s", path, name)
	}
}

// token compares a compact JWT: header, claims and their order, and the signature with the configured key.
func (m *matcher) token(path string, want map[string]any, token string) {
	if !compactJWT.MatchString(token) {
		m.fault("%s: want a compact JWT, got %q", path, token)
		return
	}
	parts := strings.Split(token, ".")
	header, _, err := decodeObject(parts[0])
	if err != nil {
		m.fault("%s: header: %v", path, err)
		return
	}
	claims, order, err := decodeObject(parts[1])
	if err != nil {
		m.fault("%s: claims: %v", path, err)
		return
	}
	m.value(path+" header", want["header"], header)
	m.value(path+" claims", want["claims"], claims)
	if lifetime, ok := want["exp_minus_iat"].(json.Number); ok {
		exp, _ := claims["exp"].(json.Number)
		iat, _ := claims["iat"].(json.Number)
		a, errA := exp.Float64()
		b, errB := iat.Float64()
		seconds, _ := lifetime.Float64()
		// The reference reads the clock twice.
		if errA != nil || errB != nil || math.Abs(a-b-seconds) > 1 {
			m.fault("%s: want exp - iat = %v, got exp %v, iat %v", path, lifetime, exp, iat)
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	good := false
	if err == nil && header["alg"] == m.keys.Set().Keys[0].Algorithm {
		good, err = m.keys.Check(context.Background(), 0, []byte(parts[0]+"."+parts[1]), signature)
	}
	if err != nil || !good {
		m.fault("%s: the signature is not that of the configured key", path)
	}
	id := fmt.Sprint(claims[m.settings.text("JTI_CLAIM")])
	if seen, ok := want["jti_seen"].(bool); ok && m.seen[id] != seen {
		m.fault("%s: id %s was seen before in this case: want %v", path, id, seen)
	}
	m.seen[id] = true
	if list, ok := want["order"].([]any); ok {
		var wanted []string
		for _, name := range list {
			wanted = append(wanted, name.(string))
		}
		if !slices.Equal(wanted, order) {
			m.fault("%s: want claims in order %v, got %v", path, wanted, order)
		}
	}
}

// decodeObject decodes a part of a token, and gives the names of its members in order.
func decodeObject(part string) (object map[string]any, order []string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return nil, nil, err
	}
	d = json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		order = append(order, name.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
	}
	return object, order, nil
}
