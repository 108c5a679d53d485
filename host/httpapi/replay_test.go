package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// boundary parts the multipart bodies of recordings.
const boundary = "conformance-boundary-7f3a"

// errNotAsDescribed says that an answer is not one that the description of the node promises.
var errNotAsDescribed = errors.New("answers other than described")

// replay runs the steps of a case one after the other. The error says in which one, and how, an answer differs from
// the recorded one, or from what is described.
func replay(
	server *httptest.Server, promised *promises, r recording, settings recordedSettings, keys *keyring.Ring,
) error {
	m := &matcher{settings: settings, keys: keys, seen: map[string]bool{}}
	ctx := map[string]any{}
	for i, step := range r.Steps {
		name := "step" + strconv.Itoa(i)
		if step.Sleep > 0 {
			time.Sleep(time.Duration(step.Sleep * float64(time.Second)))
			ctx[name] = map[string]any{}
			continue
		}
		request := substitute(step.Request, ctx).(map[string]any)
		got, err := send(server.Listener.Addr().String(), request)
		if err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		if err := promised.hold(request, got); err != nil {
			return fmt.Errorf("step %d: %s %s %w: %w", i, request["method"], request["path"], errNotAsDescribed, err)
		}
		var first []string
		accepted := false
		for _, want := range append([]map[string]any{step.Response}, step.Alternatives...) {
			faults := m.response(substitute(want, ctx).(map[string]any), got)
			if len(faults) == 0 {
				accepted = true
				break
			}
			if first == nil {
				first = faults
			}
		}
		if !accepted {
			return fmt.Errorf("step %d: %s %s:\n\t%s", i, step.Request["method"], step.Request["path"],
				strings.Join(first, "\n\t"))
		}
		cookies := map[string]any{}
		for name, attributes := range got.cookies {
			cookies[name] = attributes["value"]
		}
		ctx[name] = map[string]any{"body": got.json, "headers": got.headers, "cookies": cookies,
			"form": formIn(got.text)}
	}
	return nil
}

// replaying replays a case, in the background where it waits, and gives how that ends.
func replaying(
	server *httptest.Server, promised *promises, r recording, settings recordedSettings, keys *keyring.Ring,
) (ended func() error) {
	if !r.waits() {
		err := replay(server, promised, r, settings, keys)
		return func() error { return err }
	}
	done := make(chan error, 1)
	go func() { done <- replay(server, promised, r, settings, keys) }()
	return func() error { return <-done }
}

// waits reports whether a case lets time pass.
func (r recording) waits() bool {
	for _, step := range r.Steps {
		if step.Sleep > 0 {
			return true
		}
	}
	return false
}

// response is an answer as recordings are compared with it.
type response struct {
	status  int
	headers map[string]any // by name in lower case, several joined
	// by name: the value, and the attributes by their names in lower case, true where they have no value
	cookies map[string]map[string]any
	text    string
	json    any // nil where the body is no JSON
	isJSON  bool
}

// send sends a request byte for byte as it was recorded, on a connection of its own.
func send(address string, request map[string]any) (*response, error) {
	body, contentType, err := encodeBody(request["body"])
	if err != nil {
		return nil, err
	}
	method := request["method"].(string)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, request["path"])
	sent := map[string]bool{}
	headers, _ := request["headers"].(map[string]any)
	for name, value := range headers {
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
		sent[strings.ToLower(name)] = true
	}
	if !sent["host"] {
		fmt.Fprintf(&b, "Host: %s\r\n", address)
	}
	if contentType != "" && !sent["content-type"] {
		fmt.Fprintf(&b, "Content-Type: %s\r\n", contentType)
	}
	if !sent["content-length"] && (body != nil || slices.Contains([]string{"POST", "PUT", "PATCH"}, method)) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	// The server may answer before it has read all of the body, and close: then the answer counts.
	_, writeErr := conn.Write(b.Bytes())
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, fmt.Errorf("no answer: %w (%v)", err, writeErr)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return readResponse(answer, raw), nil
}

func readResponse(answer *http.Response, raw []byte) *response {
	r := &response{status: answer.StatusCode, text: string(raw), headers: map[string]any{},
		cookies: map[string]map[string]any{}}
	for name, values := range answer.Header {
		r.headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	for _, line := range answer.Header.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		r.cookies[name] = map[string]any{"value": strings.Trim(value, `"`)}
		for attribute := range strings.SplitSeq(attributes, ";") {
			attribute, value, has := strings.Cut(strings.TrimSpace(attribute), "=")
			r.cookies[name][strings.ToLower(attribute)] = true
			if has {
				r.cookies[name][strings.ToLower(attribute)] = value
			}
		}
	}
	media, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(media) == "application/json" && len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		r.isJSON = d.Decode(&r.json) == nil
	}
	return r
}

var (
	inputTag   = regexp.MustCompile(`<input\b[^>]*>`)
	inputName  = regexp.MustCompile(`\bname=["']([^"']*)`)
	inputValue = regexp.MustCompile(`\bvalue=["']([^"']*)`)
)

// formIn are the values of the inputs of a page, the first of each name.
func formIn(page string) map[string]any {
	form := map[string]any{}
	for _, tag := range inputTag.FindAllString(page, -1) {
		name, value := inputName.FindStringSubmatch(tag), inputValue.FindStringSubmatch(tag)
		if name == nil || value == nil {
			continue
		}
		if _, has := form[name[1]]; !has {
			form[name[1]] = html.UnescapeString(value[1])
		}
	}
	return form
}

// encodeBody makes the bytes of a body and its content type; nil where there is none.
func encodeBody(body any) (raw []byte, contentType string, err error) {
	members, _ := body.(map[string]any)
	for kind, v := range members {
		switch kind {
		case "json":
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			err := e.Encode(v)
			return bytes.TrimSuffix(b.Bytes(), []byte("\n")), "application/json", err
		case "form":
			form := url.Values{}
			for name, value := range v.(map[string]any) {
				values, isList := value.([]any)
				if !isList {
					values = []any{value}
				}
				for _, one := range values {
					form.Add(name, fmt.Sprint(one))
				}
			}
			return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
		case "text":
			return []byte(v.(string)), "", nil
		case "base64":
			raw, err := base64.StdEncoding.DecodeString(v.(string))
			return raw, "", err
		case "repeat":
			r := v.(map[string]any)
			prefix, _ := r["prefix"].(string)
			suffix, _ := r["suffix"].(string)
			times, err := strconv.Atoi(r["times"].(json.Number).String())
			return []byte(prefix + strings.Repeat(r["unit"].(string), times) + suffix), "", err
		case "multipart":
			return multipartBody(v.([]any)), "multipart/form-data; boundary=" + boundary, nil
		}
		return nil, "", fmt.Errorf("body of unknown kind %q", kind)
	}
	return nil, "", nil
}

func multipartBody(parts []any) []byte {
	var b bytes.Buffer
	for _, item := range parts {
		part := item.(map[string]any)
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q", boundary, part["name"])
		if name, ok := part["filename"]; ok {
			fmt.Fprintf(&b, `; filename="%s"`, name)
		}
		b.WriteString("\r\n")
		if contentType, ok := part["content_type"]; ok {
			fmt.Fprintf(&b, "Content-Type: %s\r\n", contentType)
		}
		fmt.Fprintf(&b, "\r\n%s\r\n", part["value"])
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

var reference = regexp.MustCompile(`\{\{([^{}]+)\}\}`)

// substitute replaces {{step0.refresh}} and its kind in all texts of a value.
func substitute(value any, ctx map[string]any) any {
	switch v := value.(type) {
	case string:
		if whole := reference.FindString(v); whole == v && whole != "" {
			return lookup(strings.TrimSpace(v[2:len(v)-2]), ctx)
		}
		return reference.ReplaceAllStringFunc(v, func(m string) string {
			return fmt.Sprint(lookup(strings.TrimSpace(m[2:len(m)-2]), ctx))
		})
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = substitute(item, ctx)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = substitute(item, ctx)
		}
		return out
	}
	return value
}

// lookup finds "step0.refresh" (a member of the body), "step0.body.a.b", "step0.cookies.x", "step0.headers.x" or
// "step0.form.x"; nil where there is none.
func lookup(path string, ctx map[string]any) any {
	parts := strings.Split(path, ".")
	current, rest := ctx[parts[0]], parts[1:]
	if len(rest) > 0 && !slices.Contains([]string{"body", "cookies", "headers", "form"}, rest[0]) {
		rest = append([]string{"body"}, rest...)
	}
	for _, part := range rest {
		switch v := current.(type) {
		case map[string]any:
			current = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			current = v[i]
		default:
			return nil
		}
	}
	return current
}

// settingsOfReplay are the names of replay.py's DEFAULT_SETTINGS.
func settingsOfReplay(t *testing.T) map[string]bool {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(conformanceDir, "replay.py"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "DEFAULT_SETTINGS = {")
	table, _, found := strings.Cut(rest, "\n}")
	if !found {
		t.Fatal("replay.py has no DEFAULT_SETTINGS")
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ +"([A-Z_]+)":`).FindAllStringSubmatch(table, -1) {
		names[m[1]] = true
	}
	return names
}
