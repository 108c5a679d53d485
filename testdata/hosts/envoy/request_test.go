package envoy

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// answered is the answer to a request.
type answered struct {
	status int
	body   string
	header http.Header
}

// client keeps enough connections for the tests that send many requests at once.
var client = &http.Client{
	Timeout:       time.Minute,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ask sends a GET request with headers, given as name and value by turns. A name is sent as it is written.
func ask(url string, headers ...string) (answered, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return answered{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header[headers[i]] = append(request.Header[headers[i]], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answered{response.StatusCode, string(body), response.Header}, err
}

// get is ask for a test that goes on only with an answer.
func get(t *testing.T, url string, headers ...string) answered {
	t.Helper()
	a, err := ask(url, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func bearer(token string) string { return "Bearer " + token }

// service is the service behind Envoy, at the address in envoy.yaml: it answers with the headers that it had.
func service(t *testing.T) {
	t.Helper()
	serve(t, "127.0.0.1:8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(r.Header)
	}))
}

// received are the headers that the service says it had.
func (a answered) received(t *testing.T) http.Header {
	t.Helper()
	var h http.Header
	if err := json.Unmarshal([]byte(a.body), &h); err != nil {
		t.Fatalf("status %d, %q: %v", a.status, a.body, err)
	}
	return h
}

// serve serves at an address until the test ends.
func serve(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
}
