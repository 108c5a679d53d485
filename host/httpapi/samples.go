package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// customerModel is Django's name for the model of customers, whose rights are customers.add_customer, change_, delete_ and view_.
const customerModel = "customers.customer"

// sample is a view that shows a rule at work: it says who called with which method, and changes nothing.
func sample(path, name, description string, rule core.Rule) view {
	return view{
		path: path, name: name, description: description,
		authenticates: true, rule: rule, model: customerModel,
		get: showCall, post: showCreation, put: showCall, patch: showCall, remove: showNothing,
	}
}

// showCall answers {"method", "customer"}: the customer's e-mail address, or null.
func showCall(rq *request) (django.Value, error) {
	var email django.Value
	if !rq.customer.ID.IsZero() {
		email = django.String(rq.customer.Email)
	}
	return django.Object(django.Text("method", rq.method), django.Pair("customer", email)), nil
}

// showCreation answers as showCall, with the status of something that was made.
func showCreation(rq *request) (django.Value, error) {
	rq.status = http.StatusCreated
	return showCall(rq)
}

// showNothing answers with the status of something that was removed, and no body.
func showNothing(rq *request) (django.Value, error) {
	rq.status = http.StatusNoContent
	return django.Null(), nil
}
