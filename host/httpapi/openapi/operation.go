package openapi

import (
	"cmp"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// Operation is a method of a path.
type Operation struct {
	Method, Path         string
	Summary, Description string // Description may be empty
	Tag                  string
	// Headers are request headers that matter to it, Query the parameters of its query that may be given, and Segments
	// the parts of Path in braces.
	Headers, Query, Segments []Header
	// Body is what it takes; nil: nothing.
	Body *Body
	// Answers are its answers by status.
	Answers map[int]Answer
	// Security lists ways to authenticate by the names of their schemes, any of which will do; "" is none at all.
	Security []string
}

// Body is what an operation takes.
type Body struct {
	Schema   Schema // with a name
	Example  any
	Required bool
}

// Answer is an answer of an operation.
type Answer struct {
	Description string
	Schema      Schema // with a name; zero: no body, or a page
	Headers     []Header
	Media       string // of the body; "": application/json
	// Shared makes the answer a component, named by its status: many operations have it.
	Shared bool
}

// Header is a header of a request or an answer, or another parameter of a request.
type Header struct {
	Name, Description string
	Schema            Schema
}

// id names an operation: post_auth_token_refresh.
func (o *Operation) id() string {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return strings.ToLower(strings.Join(strings.FieldsFunc(o.Method+o.Path, between), "_"))
}

// describe is the operation in the document. It adds the components that the operation needs.
func (o *Operation) describe(schemas, answers object) object {
	security := []object{}
	for _, scheme := range o.Security {
		if scheme == "" {
			security = append(security, object{})
		} else {
			security = append(security, object{scheme: []string{}})
		}
	}
	described := object{
		"operationId": o.id(), "summary": o.Summary, "security": security, "tags": []string{o.Tag},
		"responses": describeAnswers(o.Answers, schemas, answers),
	}
	if o.Description != "" {
		described["description"] = o.Description
	}
	if parameters := o.parameters(); parameters != nil {
		described["parameters"] = parameters
	}
	if o.Body != nil {
		o.Body.Schema.collect(schemas)
		described["requestBody"] = object{
			"required": o.Body.Required,
			"content":  object{"application/json": object{"schema": o.Body.Schema.use(), "example": o.Body.Example}},
		}
	}
	return described
}

func (o *Operation) parameters() (parameters []object) {
	add := func(in string, list []Header, more object) {
		for _, h := range list {
			p := object{"name": h.Name, "in": in}
			maps.Copy(p, h.describe())
			maps.Copy(p, more)
			parameters = append(parameters, p)
		}
	}
	add("path", o.Segments, object{"required": true})
	add("query", o.Query, nil)
	add("header", o.Headers, nil)
	return parameters
}

func describeAnswers(list map[int]Answer, schemas, answers object) object {
	described := object{}
	for status, a := range list {
		a.Schema.collect(schemas)
		code := strconv.Itoa(status)
		if !a.Shared {
			described[code] = a.describe()
			continue
		}
		name := strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status))
		answers[name], described[code] = a.describe(), object{"$ref": "#/components/responses/" + name}
	}
	return described
}

func (a Answer) describe() object {
	described := object{"description": a.Description}
	if a.Schema.shape != nil {
		described["content"] = object{cmp.Or(a.Media, "application/json"): object{"schema": a.Schema.use()}}
	}
	if a.Headers != nil {
		headers := object{}
		for _, h := range a.Headers {
			headers[h.Name] = h.describe()
		}
		described["headers"] = headers
	}
	return described
}

func (h Header) describe() object {
	return object{"description": h.Description, "schema": h.Schema.shape}
}
