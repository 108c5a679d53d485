package httpapi

import (
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/core"
)

// anyJSON is the name of the schema of a body that may be anything.
const anyJSON = "AnyJSON"

// describedFields are the fields of requests: what they are, and what an example may be.
var describedFields = map[string]struct{ description, example string }{
	"email":    {"The e-mail address. White space around it is cut off.", "ana@example.com"},
	"password": {"White space around it is cut off.", "correct horse 1"},
	"refresh":  {"A refresh token.", sampleToken},
	"token":    {"An access or a refresh token.", sampleToken},
}

const sampleToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"

// requestNames are the schemas of what views take, by their paths.
var requestNames = map[string]string{
	"/auth/token/":           "LoginRequest",
	"/auth/token/refresh/":   "RefreshRequest",
	"/auth/token/verify/":    "VerifyRequest",
	"/auth/token/blacklist/": "BlacklistRequest",
}

// Schemas of members. Each use has an object of its own, to which something may be added.
func textSchema() object { return object{"type": "string"} }
func flagSchema() object { return object{"type": "boolean"} }
func timeSchema() object { return object{"type": "string", "format": "date-time"} }

func listSchema(items object) object { return object{"type": "array", "items": items} }
func mapSchema(values object) object { return object{"type": "object", "additionalProperties": values} }
func anySchema(text string) object   { return object{"nullable": true, "description": text} }
func described(schema object, text string) object {
	schema["description"] = text
	return schema
}

func nullable(schema object) object {
	schema["nullable"] = true
	return schema
}

// record is an object whose members are all there but for those that are named as optional.
func record(members object, optional ...string) object {
	required := slices.DeleteFunc(slices.Sorted(maps.Keys(members)), func(name string) bool { return slices.Contains(optional, name) })
	o := object{"type": "object", "properties": members}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// customerFields are what is known of a customer, but for its attributes.
func (h *handler) customerFields() map[string]object {
	id := object{"type": "string"}
	if h.cfg.Node.IDs() == core.IntegerID {
		id = object{"type": "integer", "format": "int64"}
	}
	return map[string]object{
		"id": id, "email": textSchema(), "first_name": textSchema(), "last_name": textSchema(),
		"is_active": flagSchema(), "is_staff": flagSchema(), "is_superuser": flagSchema(),
		"date_joined": timeSchema(), "last_login": described(nullable(timeSchema()), "null: never."),
		"groups": listSchema(textSchema()), "permissions": listSchema(textSchema()),
	}
}

// schemas are the shapes of bodies.
func (h *handler) schemas() object {
	fields := h.customerFields()
	customer := object{}
	for _, name := range []string{"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"} {
		customer[name] = fields[name]
	}
	all := object{
		"Customer":  record(customer),
		"Customers": listSchema(reference("schemas", "Customer")),
		"Empty":     object{"type": "object", "description": "An object without members.", "additionalProperties": false},
		"Received":  record(object{"received": anySchema("The body as it was read: any JSON; of a form an object of texts.")}),
		"Sample": record(object{
			"method":   textSchema(),
			"customer": described(nullable(textSchema()), "E-mail address of who asks; null: anonymous."),
		}),
		"Detail": record(object{"detail": described(textSchema(), "Why, in the words of Django REST framework.")}),
		"Refusal": record(object{
			"detail":   described(textSchema(), "Why, in the words of Django REST framework and simplejwt."),
			"code":     described(textSchema(), "The same for programs, such as token_not_valid."),
			"messages": listSchema(reference("schemas", "TokenMessage")),
		}, "code", "messages"),
		"TokenMessage": described(record(object{"token_class": textSchema(), "token_type": textSchema(), "message": textSchema()}),
			"Why a token was refused as one of a class."),
		"Faults": h.faultsSchema(),
		"Metadata": record(object{
			"name": textSchema(), "description": textSchema(), "renders": listSchema(textSchema()), "parses": listSchema(textSchema()),
			"actions": reference("schemas", "Actions"),
		}, "actions"),
		"Actions":        described(mapSchema(reference("schemas", "FieldsMetadata")), "The fields of a body, by the method that takes it."),
		"FieldsMetadata": mapSchema(reference("schemas", "FieldMetadata")),
		"FieldMetadata":  record(object{"type": textSchema(), "required": flagSchema(), "read_only": flagSchema(), "label": textSchema()}),
		"Health": record(object{
			"status": textSchema(), "error": described(textSchema(), "The part that cannot answer."), "engine": textSchema(), "module": textSchema(),
			"version": textSchema(), "compat": textSchema(), "abi": object{"type": "integer", "format": "int32"},
		}, "error"),
		anyJSON: anySchema("Any JSON."),
	}
	if h.cfg.TokenCookies.On {
		all["CSRFToken"] = record(object{"csrftoken": textSchema()})
	}
	h.tokenSchemas(all, fields)
	for _, v := range h.order {
		if name := requestNames[v.path]; name != "" {
			all[name] = h.requestSchema(v)
		}
	}
	return all
}

// tokenSchemas adds the answers that have tokens; with TokenCookies they may be in cookies, and the body has none
// then. fields are those of a customer, of which LoginAnswer may have some.
func (h *handler) tokenSchemas(all object, fields map[string]object) {
	token := func() object { return described(textSchema(), "A compact JWT (RFC 7519).") }
	pair, inCookies := object{"refresh": token(), "access": token()}, []string{}
	if h.cfg.TokenCookies.On {
		inCookies = []string{"refresh", "access"}
	}
	for _, m := range h.cfg.LoginAnswer {
		field, known := fields[m.Field.String()]
		if !known {
			field = anySchema("Any JSON; null where the customer does not have it.") // an attribute
		}
		pair[m.Name] = field
	}
	all["TokenPair"] = record(pair, inCookies...)
	all["Access"] = record(object{"access": token()}, inCookies...)
}

// faultsSchema is what a body may have wrong. Each field has a name in it, since few generators read a map beside
// named members: Kotlin's make a class that does not compile, and Rust's drop the map.
func (h *handler) faultsSchema() object {
	faults := object{"non_field_errors": described(listSchema(textSchema()), "What is wrong with the body as a whole.")}
	for _, v := range h.order {
		for _, f := range v.fields {
			if !f.readOnly {
				faults[f.name] = described(listSchema(textSchema()), "What is wrong with the field "+f.name+".")
			}
		}
	}
	faults["detail"] = described(textSchema(), "Why the request cannot be read.")
	return described(record(faults, slices.Collect(maps.Keys(faults))...), "What is wrong with a request: a detail, or the errors of each field.")
}

// requestSchema is what a view takes.
func (h *handler) requestSchema(v *view) object {
	members, optional := object{}, []string{}
	for _, f := range v.fields {
		if f.readOnly {
			continue
		}
		member := object{"type": "string", "title": f.label, "description": describedFields[f.name].description, "minLength": 1}
		if inputs[f.name].Type == "password" {
			member["format"] = "password"
		}
		members[f.name] = member
		if !h.needsFields(v) {
			optional = append(optional, f.name)
		}
	}
	return record(members, optional...)
}
