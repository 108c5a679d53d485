package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// Operation is one call of the API: Q is what stands in its URL, B what is sent as JSON, A what comes back.
type Operation[Q Query, B, A any] struct {
	method, path string
	query        func(url.Values) Q
	do           func(*server, context.Context, Q, B) (A, error)
}

// Query is what stands in the URL of a call: None, or one of the types of this package that end in Query.
type Query interface{ values() url.Values }

// None is the query or the body of an operation that has none.
type None struct{}

func (None) values() url.Values { return nil }
func noQuery(url.Values) None   { return None{} }

// Stream is a body that is sent as it is, of any length.
type Stream struct{ io.Reader }

// route has the server answer the operation.
func (o Operation[Q, B, A]) route(mux *http.ServeMux, s *server) {
	o.Handle(mux, s.cfg.Log, func(ctx context.Context, q Q, b B) (A, error) {
		answer, err := o.do(s, ctx, q, b)
		if errors.Is(err, store.ErrHub) {
			err = errEdge(s.cfg.Store.Membership())
		}
		return answer, err
	})
}

// Handle has do answer the operation, as a node does with Reload. An error that passes by itself is logged.
func (o Operation[Q, B, A]) Handle(
	mux *http.ServeMux, log *slog.Logger, do func(context.Context, Q, B) (A, error),
) {
	mux.HandleFunc(o.method+" "+o.path, func(w http.ResponseWriter, r *http.Request) {
		var body B
		var answer A
		err := readBody(r, &body)
		if err == nil {
			answer, err = do(r.Context(), o.query(r.URL.Query()), body)
		}
		if d, ok := any(answer).(Download); ok && err == nil {
			if err := d.send(w); err != nil {
				log.Warn("admin: the answer was not taken", "request", r.Pattern, "error", err)
			}
			return
		}
		respond(w, r, log, answer, err)
	})
}

// refusal is the body of an answer that is not 200.
type refusal struct {
	Error string `json:"error"`
}

// passing are the errors that pass by themselves.
var passing = []error{store.ErrUnavailable, store.ErrClosed, store.ErrOutboxFull, node.ErrBusy, node.ErrUnconfirmed}

// respond writes an answer, or the error in its place.
func respond(w http.ResponseWriter, r *http.Request, log *slog.Logger, answer any, err error) {
	status := http.StatusOK
	body, failed := encodeJSON(answer)
	if err = cmp.Or(err, failed); err != nil {
		status = http.StatusBadRequest
		if slices.ContainsFunc(passing, func(e error) bool { return errors.Is(err, e) }) {
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "1")
			log.Error("admin: answered with 503", "request", r.Pattern, "error", err)
		}
		body, _ = encodeJSON(refusal{Error: err.Error()}) // a text can always be written
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error here means that the caller is gone.
	_, _ = w.Write(append(body, '\n'))
}

// maxBody bounds a body that is not a Stream, in bytes.
const maxBody = 1 << 20

// readBody reads the body of a request strictly: an unknown name is an error that lists the known ones.
func readBody[B any](r *http.Request, body *B) error {
	switch body := any(body).(type) {
	case *None:
		return nil
	case *Stream:
		body.Reader = r.Body
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	if len(b) > maxBody {
		return fmt.Errorf("read call: it has more than %d bytes", maxBody)
	}
	if err := exactjson.Unmarshal(b, body); err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	return nil
}

// Call has a client do the operation. What the API refuses is an error with its text.
func (o Operation[Q, B, A]) Call(ctx context.Context, c *Client, q Q, body B) (answer A, err error) {
	var content io.Reader
	switch body := any(body).(type) {
	case None:
	case Stream:
		content = body.Reader
	default:
		b, err := encodeJSON(body)
		if err != nil {
			return answer, err
		}
		content = bytes.NewReader(b)
	}
	u := url.URL{Scheme: "http", Host: "edgetoken", Path: o.path, RawQuery: q.values().Encode()}
	r, err := http.NewRequestWithContext(ctx, o.method, u.String(), content)
	if err != nil {
		return answer, err
	}
	response, err := c.send(r)
	if err != nil {
		return answer, err
	}
	if d, ok := any(&answer).(*Download); ok {
		*d = Download{response.Body, response.ContentLength}
		return answer, nil
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, fmt.Errorf("ask the running node: %w", err)
	}
	return answer, json.Unmarshal(b, &answer)
}

// encodeJSON is a value as JSON whose texts stand as they are, < and & too: attributes are shown as they were stored.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// list is never nil, so that JSON shows [] where there are no texts.
func list(texts []string) []string { return append([]string{}, texts...) }
