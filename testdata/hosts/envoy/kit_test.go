package envoy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

// TestKit runs the kit in Envoy, by a build of the filter that answers its cases.
func TestKit(t *testing.T) {
	cases, err := kit.Read("../../kit")
	if err != nil {
		t.Fatal(err)
	}
	filter := ofEdgetoken("kit", everywhere(newSigner(t, "ES256").jwk))
	config := filter["typed_config"].(object)["config"].(object)
	config["allow_on_headers_stop_iteration"] = true // the body has the case
	filtered := listener{port: 10000, filter: filter}
	start(t, configured(t, filtered), module(t, "kit"), 1)
	var results []kit.Result
	wrong := 0
	for _, c := range cases.Cases {
		got, err := runCase(filtered.url(), cases.Resolve(c))
		if err != nil {
			got = []string{"broken: " + err.Error()}
		}
		if !slices.Equal(got, c.Want) {
			if wrong++; wrong <= 10 {
				t.Errorf("%s: %q, want %q", c.Name, got, c.Want)
			}
		}
		results = append(results, kit.Result{Name: c.Name, Got: got})
	}
	t.Logf("%d cases, %d wrong", len(results), wrong)
	write(t, "envoy.kit.jsonl", results)
}

func runCase(url string, steps []kit.Step) (got []string, err error) {
	body, err := json.Marshal(steps)
	if err != nil {
		return nil, err
	}
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return []string{string(text)}, nil
	}
	return got, json.Unmarshal(text, &got)
}
