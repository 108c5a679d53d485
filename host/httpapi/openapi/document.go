package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// API is what a document describes.
type API struct {
	Title, Description string
	// Version is a semantic version, as SemanticVersion gives it.
	Version string
	License License
	Tags    []Tag // in this order
	// Schemes are the ways to authenticate, by the names that operations have for them.
	Schemes    map[string]Scheme
	Operations []Operation
}

// License is the license of the API.
type License struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Tag names a group of operations.
type Tag struct {
	Description string `json:"description"`
	Name        string `json:"name"`
}

// Scheme is a way to authenticate.
type Scheme struct {
	BearerFormat string `json:"bearerFormat,omitempty"`
	Description  string `json:"description"`
	In           string `json:"in,omitempty"`     // "header" or "cookie", for a Type of "apiKey"
	Name         string `json:"name,omitempty"`   // of the header or the cookie
	Scheme       string `json:"scheme,omitempty"` // of http: "bearer"
	Type         string `json:"type"`             // "http" or "apiKey"
}

// Document is a document in two halves: between them stands the address of the server. It is safe for concurrent use.
type Document struct{ before, after []byte }

// addressHere marks the place of the address while the document is made.
const addressHere = "<address>"

// At is the document of a server at this address, as JSON.
func (d Document) At(address string) ([]byte, error) {
	text, err := json.Marshal(address)
	return bytes.Join([][]byte{d.before, text, d.after}, nil), err
}

// Document makes the document.
func (a *API) Document() (Document, error) {
	paths, schemas, answers := object{}, object{}, object{}
	for _, o := range a.Operations {
		item, _ := paths[o.Path].(object)
		if item == nil {
			item = object{}
			paths[o.Path] = item
		}
		item[strings.ToLower(o.Method)] = o.describe(schemas, answers)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(object{
		"openapi": "3.0.3",
		"info": object{"title": a.Title, "version": a.Version, "description": a.Description,
			"license": a.License},
		"servers":    []object{{"url": addressHere, "description": "This node."}},
		"tags":       a.Tags,
		"paths":      paths,
		"components": object{"schemas": schemas, "responses": answers, "securitySchemes": a.Schemes},
	})
	before, after, _ := bytes.Cut(text.Bytes(), []byte(`"`+addressHere+`"`))
	return Document{before, after}, err
}
