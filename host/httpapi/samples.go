package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// customerModel is Django's name for the model of customers, whose rights are customers.add_customer, change_, delete_
// and view_.
const customerModel = "customers.customer"

// withSamples adds the views of Config.Samples to the table.
func withSamples(table []view) []view {
	for i := range table {
		if v := &table[i]; v.path == mePath {
			v.takes, v.post = anyJSON, action{answer: echo, schema: receivedSchema}
		}
	}
	return append(table,
		sample("/customers/open/", "Open", "Anyone.", permission.AllowAny),
		sample("/customers/readonly/", "Read Only", "Anyone reads, customers write.",
			permission.IsAuthenticatedOrReadOnly),
		sample("/customers/managed/", "Managed", "Model permissions.", permission.DjangoModelPermissions),
		sample("/customers/directory/", "Directory", "Model permissions, anonymous read.",
			permission.DjangoModelPermissionsOrAnonReadOnly),
	)
}

// sample is a view that shows a rule at work. It answers who called with which method, and changes nothing.
func sample(path, name, description string, rule permission.Rule) view {
	shows := action{answer: showCall, schema: sampleSchema}
	return view{
		path: path, name: name, description: description,
		authenticates: true, rule: rule, model: customerModel,
		get: shows, put: shows, patch: shows,
		post:   action{answer: showCall, schema: sampleSchema, status: http.StatusCreated},
		remove: action{answer: showNothing, status: http.StatusNoContent},
	}
}

// sampleSchema is the shape of what showCall answers.
var sampleSchema = openapi.Object("Sample",
	openapi.Has("method", openapi.Text()),
	openapi.Has("customer", openapi.Text().Nullable().About("E-mail address of who asks; null: anonymous.")))

// showCall answers {"method", "customer"}: the customer's e-mail address, or null.
func showCall(rq *request) (django.Value, error) {
	var email django.Value
	if !rq.who.customer.ID.IsZero() {
		email = django.String(rq.who.customer.Email)
	}
	return django.Object(django.Text("method", rq.method), django.Pair("customer", email)), nil
}

// showNothing answers without a body.
func showNothing(*request) (django.Value, error) { return django.Null(), nil }

// anyJSON is the name of the schema of a body that may be anything.
const anyJSON = "AnyJSON"

// receivedSchema is the shape of what echo answers.
var receivedSchema = openapi.Object("Received",
	openapi.Has("received", openapi.Any("The body as it was read: any JSON; of a form an object of texts.")))

// echo answers with the body as it was understood: {"received": …}.
func echo(rq *request) (django.Value, error) {
	body, err := rq.data()
	if err != nil {
		return django.Value{}, err
	}
	received, err := body.Value()
	return django.Object(django.Pair("received", received)), err
}
