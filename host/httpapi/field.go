package httpapi

import (
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// field is a field of a body.
type field struct {
	name, label string
	readOnly    bool // only in answers
	whole       bool // white space around a text is a part of it
	// maxBytes is the most bytes of a text that can still be accepted.
	maxBytes int
	// description and example are for OpenAPI.
	description, example string
	// cookie is the security scheme whose cookie can replace the field with TokenCookies; "": none can.
	cookie string
	// input is its input in a form.
	input pages.Field
}

// The fields that views take.
var (
	emailField = field{
		name: "email", label: "Email", maxBytes: store.MaxEmail,
		description: "The e-mail address. White space around it is cut off.", example: "ana@example.com",
		input: pages.Field{Type: "text", Autocomplete: "username", InputMode: "email"},
	}
	passwordField = field{
		name: "password", label: "Password", maxBytes: password.MaxBytes,
		description: "White space around it is cut off.", example: "correct horse 1",
		input: pages.Field{Type: "password", Autocomplete: "current-password"},
	}
	currentPasswordField = field{
		name: "current_password", label: "Current password", maxBytes: password.MaxBytes, whole: true,
		description: "The password so far, with white space around it.", example: "correct horse 1",
		input: pages.Field{Type: "password", Autocomplete: "current-password"},
	}
	newPasswordField = field{
		name: "new_password", label: "New password", maxBytes: password.MaxBytes, whole: true,
		description: "The next one.", example: "battery staple 2",
		input: pages.Field{Type: "password", Autocomplete: "new-password"},
	}
	refreshField = field{
		name: "refresh", label: "Refresh", maxBytes: core.MaxTokenBytes,
		description: "A refresh token.", example: sampleToken, cookie: refreshCookie,
		input: pages.Field{Type: "textarea", Autocomplete: "off"},
	}
	tokenField = field{
		name: "token", label: "Token", maxBytes: core.MaxTokenBytes,
		description: "An access, a refresh or a sliding token.", example: sampleToken, cookie: tokenCookie,
		input: pages.Field{Type: "textarea", Autocomplete: "off"},
	}
	accessField = field{name: "access", label: "Access", readOnly: true}
)

// slidingField is the field for a sliding token.
func slidingField(c *Config) field {
	f := tokenField
	f.description = "A sliding token."
	if !c.slidesInCookies() {
		f.cookie = ""
	}
	return f
}

const sampleToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"

// takenFields are the fields that a body can have.
func (v *view) takenFields() (taken []field) {
	for _, f := range v.fields {
		if !f.readOnly {
			taken = append(taken, f)
		}
	}
	return taken
}

// field is the field with a name, which a body can have.
func (v *view) field(name string) field {
	return v.fields[slices.IndexFunc(v.fields, func(f field) bool { return f.name == name })]
}

// needs reports whether the body must have a field.
func (c *Config) needs(f field) bool { return f.cookie == "" || !c.TokenCookies.On }

// bodySchema is the schema of the fields.
func (v *view) bodySchema(c *Config) openapi.Schema {
	var members []openapi.Member
	for _, f := range v.takenFields() {
		text := openapi.Text().Titled(f.label).About(f.description).NotEmpty()
		if f.input.Type == "password" {
			text = text.Password()
		}
		members = append(members, openapi.Member{Name: f.name, Schema: text, Optional: !c.needs(f)})
	}
	return openapi.Object(v.takes, members...)
}

// example is a body with the fields.
func (v *view) example() map[string]any {
	example := map[string]any{}
	for _, f := range v.takenFields() {
		example[f.name] = f.example
	}
	return example
}
