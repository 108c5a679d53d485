package httpapi

import (
	"bytes"
	"html/template"
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// browsable is how a browser is shown the answer of a view: what was asked, and the JSON that a program would have got.
var browsable = template.Must(template.New("browsable").Parse(`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="robots" content="NONE,NOARCHIVE">
  <title>{{.Name}}</title>
</head>
<body>
  <h1>{{.Name}}</h1>
  <p style="white-space: pre-line">{{.Description}}</p>
  <pre><b>{{.Method}}</b> {{.Path}}</pre>
  <pre><b>HTTP {{.Status}} {{.StatusText}}</b>
Allow: {{.Allow}}

{{.Body}}</pre>
</body>
</html>
`))

// browsableIndent is how far the JSON in a page is indented, in spaces.
const browsableIndent = 4

// browse makes the page of an answer. Django REST framework's page has a form, and so depends on the session.
func (rq *request) browse(a *answer, value django.Value) error {
	body, err := django.Render(value, browsableIndent)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := browsable.Execute(&page, map[string]any{
		"Name": rq.view.name, "Description": rq.view.description, "Method": rq.Method, "Path": rq.URL.RequestURI(),
		"Status": a.status, "StatusText": http.StatusText(a.status), "Allow": rq.view.allow(), "Body": string(body),
	}); err != nil {
		return err
	}
	a.body = page.Bytes()
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.header.Set("Vary", "Accept, Cookie")
	return nil
}
