package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/edgetoken/edgetoken/host/pages"
)

// promises are what a node's description says of its answers. Recordings, which try whatever a client may send, are
// held to them.
type promises struct{ doc *openapi3.T }

// described has promises by the text that they were read from: nodes with the same settings say the same, and to read
// it takes longer than to replay what is recorded of one.
var described sync.Map

// describedBy reads the description of a node. Members that it does not name are none: a client would not see them.
func describedBy(t *testing.T, server *httptest.Server) *promises {
	t.Helper()
	answer, err := server.Client().Get(server.URL + pages.OpenAPIPath)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), server.URL, "http://node.example")
	if known, ok := described.Load(text); ok {
		return known.(*promises)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err == nil {
		err = doc.Validate(t.Context())
	}
	if err != nil {
		t.Fatalf("the description is not valid: %v", err)
	}
	for _, schema := range doc.Components.Schemas {
		if s := schema.Value; s.Type.Is("object") && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties = openapi3.BoolSchema{Has: new(bool)}
		}
	}
	known, _ := described.LoadOrStore(text, &promises{doc})
	return known.(*promises)
}

// hold says what of an answer is not described. Pages, and paths and methods that there are none of, have no
// description.
func (p *promises) hold(request map[string]any, got *response) error {
	path, _, _ := strings.Cut(request["path"].(string), "?")
	item := p.doc.Paths.Value(path)
	if item == nil {
		return nil
	}
	operation := item.Operations()[strings.ToUpper(request["method"].(string))]
	contentType, _ := got.headers["content-type"].(string)
	if operation == nil || strings.HasPrefix(contentType, "text/html") && got.status < http.StatusInternalServerError {
		return nil
	}
	answer := operation.Responses.Status(got.status)
	if answer == nil {
		return fmt.Errorf("status %d is not described", got.status)
	}
	for name, header := range answer.Value.Headers {
		if _, sent := got.headers[strings.ToLower(name)]; !sent {
			return fmt.Errorf("%s is described (%s) and not there", name, header.Value.Description)
		}
	}
	media := answer.Value.Content.Get(contentType)
	switch {
	case media == nil && got.text == "":
		return nil
	case media == nil:
		return fmt.Errorf("status %d is described without a body of %s", got.status, contentType)
	case !got.isJSON:
		return errors.New("the body is no JSON")
	}
	return matchesSchema(media.Schema.Value, got.text)
}

// matchesSchema says how a body differs from its schema.
func matchesSchema(schema *openapi3.Schema, text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.EnableFormatValidation())
}
