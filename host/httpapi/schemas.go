package httpapi

import (
	"maps"
	"net/http"

	"github.com/edgetoken/edgetoken/host/profile"
)

// schemas are the shapes of bodies in the OpenAPI document. inCookies: the tokens of an answer may be in cookies, and its body has none then.
// shown is what the answer to a log-in has of the customer beside them.
func schemas(inCookies bool, shown profile.Members) object {
	text := object{"type": "string"}
	token := object{"type": "string", "description": "A compact JWT (RFC 7519)."}
	when := object{"type": "string", "format": "date-time", "nullable": true}
	flag := object{"type": "boolean"}
	texts := object{"type": "array", "items": text}
	record := func(required []string, properties object) object {
		o := object{"type": "object", "properties": properties}
		if required != nil {
			o["required"] = required
		}
		return o
	}
	pair, access := []string{"refresh", "access"}, []string{"access"}
	if inCookies {
		pair, access = nil, nil
	}
	id := object{"oneOf": []object{{"type": "integer", "format": "int64"}, {"type": "string"}}}
	tokens := object{"refresh": token, "access": token}
	fields := map[string]object{
		"id": id, "email": text, "first_name": text, "last_name": text, "is_active": flag, "is_staff": flag, "is_superuser": flag,
		"date_joined": when, "last_login": when, "groups": texts, "permissions": texts,
	}
	for _, m := range shown {
		tokens[m.Name] = object{"nullable": true, "description": "Any JSON; null where the customer does not have it."} // an attribute
		if field, known := fields[m.Field.String()]; known {
			tokens[m.Name] = field
		}
		pair = append(pair, m.Name)
	}
	customer := record(
		[]string{"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"},
		object{
			"id":    id,
			"email": text, "first_name": text, "last_name": text,
			"is_active": flag, "is_staff": flag, "is_superuser": flag, "last_login": when, "date_joined": when,
		})
	customer["additionalProperties"] = false
	return object{
		"TokenPair": record(pair, tokens),
		"Access":    record(access, object{"access": token, "refresh": token}),
		"Empty":     object{"type": "object", "additionalProperties": false},
		"Customer":  customer,
		"Customers": object{"type": "array", "items": reference("schemas", "Customer")},
		"Received": record([]string{"received"}, object{
			"received": object{"nullable": true, "description": "The body as it was read: any JSON; of a form an object of texts."},
		}),
		"Call": record([]string{"method", "customer"}, object{
			"method": text, "customer": object{"type": "string", "nullable": true, "description": "E-mail address of who asks; null: anonymous."},
		}),
		"Refusal": record([]string{"detail"}, object{
			"detail":   object{"type": "string", "description": "Why, in the words of Django REST framework and simplejwt."},
			"code":     object{"type": "string", "description": "The same for programs, such as token_not_valid."},
			"messages": object{"type": "array", "items": record([]string{"token_class", "token_type", "message"}, object{"token_class": text, "token_type": text, "message": text})},
		}),
		"Faults": object{"anyOf": []object{
			record([]string{"detail"}, object{"detail": text}),
			{"type": "object", "description": "Errors by the names of the fields; non_field_errors: of the whole.", "additionalProperties": texts},
		}},
		"Metadata": record([]string{"name", "description", "renders", "parses"}, object{
			"name": text, "description": text, "renders": texts, "parses": texts,
			"actions": object{"type": "object", "additionalProperties": object{"type": "object", "additionalProperties": record(
				[]string{"type", "required", "read_only"}, object{"type": text, "required": flag, "read_only": flag, "label": text})}},
		}),
		"Health": record([]string{"status", "engine", "module", "version", "compat", "abi"}, object{
			"status": text, "error": text, "engine": text, "module": text, "version": text, "compat": text, "abi": object{"type": "integer"},
		}),
	}
}

// describeHealth is a health check in the document.
func describeHealth(path string) object {
	health := object{"application/json": object{"schema": reference("schemas", "Health")}}
	responses := object{"200": object{"description": "The process is alive.", "content": health}}
	if path == "/readyz" {
		responses = object{
			"200": object{"description": "Engine and store can answer.", "content": health},
			"503": object{"description": "One of them cannot.", "content": health},
		}
	}
	return object{"get": object{"operationId": "get" + path[1:], "summary": path[1:], "responses": responses, "security": []object{}, "tags": []string{"health"}}}
}

// describeCSRF is where web applications whose tokens are in cookies get their CSRF token, in the document.
func describeCSRF() object {
	body := object{"type": "object", "required": []string{"csrftoken"}, "properties": object{"csrftoken": object{"type": "string"}}}
	return object{"get": object{
		"operationId": "get_auth_csrf", "summary": "CSRF token", "description": "The token to send as X-CSRFToken. The answer sets the cookie that it goes with.",
		"responses": object{"200": object{"description": "OK", "content": object{"application/json": object{"schema": body}}}},
		"security":  []object{}, "tags": []string{"auth"},
	}}
}

// checkCookie is the name of the way to authenticate by ForwardAuth.Cookie in the document.
const checkCookie = "checkCookie"

// describeCheck is what proxies ask, in the document. Any other method is answered alike.
func (h *handler) describeCheck() object {
	text := object{"type": "string"}
	found, empty := object{}, object{}
	for _, m := range h.cfg.ForwardAuth.Headers {
		found[m.Name] = object{"description": "The customer's " + m.Field.String() + ".", "schema": text}
		empty[m.Name] = object{"description": "Empty.", "schema": text}
	}
	refused := object{"WWW-Authenticate": object{"description": "RFC 9110 §11.6.1", "schema": text}}
	maps.Copy(refused, empty)
	responses := object{
		"200": object{"description": "The request is from a customer, whom the headers name.", "headers": found},
		"400": object{"description": "The request names a host that is not served here."},
		"401": object{"description": "There is no access token, or it was refused.", "headers": refused},
		"503": object{"description": "The node cannot answer now."},
	}
	security := []object{{"token": []string{}}}
	if h.cfg.ForwardAuth.Cookie != "" {
		responses["403"] = object{"description": "The token came in a cookie, from a page of another site.", "headers": empty}
		security = append(security, object{checkCookie: []string{}})
	}
	return object{"get": object{
		"operationId": operationID(http.MethodGet, checkPath), "summary": "Check", "security": security, "tags": []string{"auth"},
		"description": "Who a request is from, for proxies. Every method is answered alike, and without a body.", "responses": responses,
	}}
}
