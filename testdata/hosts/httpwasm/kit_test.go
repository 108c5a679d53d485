package httpwasm_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

// TestKit runs the kit through the plug-in: the token of each verification stands in the header of a request.
func TestKit(t *testing.T) {
	k, err := kit.Read("../../kit")
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, tagged(t, "kit"), "{}", "")
	var lines []byte
	for _, c := range k.Cases {
		result := kit.Result{Name: c.Name}
		steps := k.Resolve(c)
		for i, s := range steps {
			if s.Verify != nil && !fits(*s.Verify) {
				result.Got = append(result.Got, kit.Cannot+"such a token does not fit into a header")
				continue
			}
			got := ask(t, h, steps[:i+1])[i]
			if result.Got = append(result.Got, got); got != c.Want[i] {
				t.Errorf("%s, step %d: %.300q, want %.300q", c.Name, i, got, c.Want[i])
			}
		}
		line, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	write(t, "http-wasm.kit.jsonl", lines)
}

// fits reports whether a header can carry a token as it is: two parts, and no NUL, which ends a value in this ABI.
func fits(token string) bool { return token != "" && !strings.ContainsAny(token, " \t\r\n\v\f\x00") }

// ask takes steps to the plug-in in one request.
func ask(t *testing.T, h *host, steps []kit.Step) (got []string) {
	t.Helper()
	body, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(string(body)))
	if token := steps[len(steps)-1].Verify; token != nil {
		r.Header["Authorization"] = []string{"Bearer " + *token}
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if json.Unmarshal(answer.Body.Bytes(), &got) != nil || len(got) != len(steps) {
		got = make([]string, len(steps))
		for i := range got {
			got[i] = "broken: " + answer.Body.String()
		}
	}
	return got
}

// write writes a file that ../README.md asks for, if it is asked for.
func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if folder := os.Getenv("EDGETOKEN_HOSTS_OUT"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
