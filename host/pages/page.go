package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// Paths that the pages link to.
const (
	IndexPath   = "/auth/browse/"
	CallPath    = "/auth/browse/call/"
	ExplainPath = "/auth/token/explain/"
	LoginPath   = "/auth/login/"
	LogoutPath  = "/auth/logout/"
	ProfilePath = "/accounts/profile/"
	KeysPath    = "/auth/keys/"
	FleetPath   = "/auth/fleet/"
	OpenAPIPath = "/openapi.json"
	JWKSPath    = "/.well-known/jwks.json"
)

// CSRFField is the name of the hidden field that carries Frame.CSRFToken.
const CSRFField = "csrfmiddlewaretoken"

// Frame is what stands around a page.
type Frame struct {
	// Customer is the e-mail address of the customer who is logged in; "": nobody is.
	Customer string
	// CSRFToken is the value of the field csrfmiddlewaretoken; "": the page has no button to log out.
	CSRFToken string
	// Here is the path and query of the page, to return to after a log-in; "": the log-in decides where to
	// go.
	Here string
}

//go:embed style.css
var style string

//go:embed templates
var files embed.FS

// Policy is the Content-Security-Policy of every page (CSP Level 3): no script, no style but the page's own,
// no frame around it, and no form that sends elsewhere.
func Policy() string { return policy }

var policy = "default-src 'none'; style-src 'sha256-" + hash(style) +
	"'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// layout is what all pages share.
var layout = template.Must(template.New("layout.html").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) },
	"path":  func(name string) string { return paths[name] },
	"json":  colour,
}).ParseFS(files, "templates/layout.html", "templates/parts.html"))

var paths = map[string]string{
	"index": IndexPath, "call": CallPath, "explain": ExplainPath, "login": LoginPath, "logout": LogoutPath,
	"profile": ProfilePath, "openapi": OpenAPIPath, "jwks": JWKSPath,
}

// parse reads the template of one page, which defines its title and its main part.
func parse(name string) *template.Template {
	return template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+name+".html"))
}

// asDjango spells quotes and plus signs as Django does. They mean the same, and whoever searches a page for a text
// finds it as in Django's pages.
func asDjango(page []byte) []byte {
	page = bytes.ReplaceAll(page, []byte("&#43;"), []byte("+"))
	page = bytes.ReplaceAll(page, []byte("&#34;"), []byte("&quot;"))
	return bytes.ReplaceAll(page, []byte("&#39;"), []byte("&#x27;"))
}

// write writes a page once it is whole.
func write(w io.Writer, t *template.Template, data any) error {
	var page bytes.Buffer
	if err := t.Execute(&page, data); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	_, err := w.Write(asDjango(page.Bytes()))
	return err
}
