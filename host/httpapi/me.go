package httpapi

import (
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/store"
)

// showMe shows the customer that the request is authenticated as.
func showMe(rq *request) (django.Value, error) { return customerValue(rq.who.customer), nil }

// customerValue is a customer as the API shows one.
func customerValue(c store.Customer) django.Value {
	id := django.String(c.ID.Text)
	if c.ID.Kind == core.IntegerID {
		id = django.Int(c.ID.Int)
	}
	return django.Object(
		django.Pair("id", id),
		django.Text("email", c.Email),
		django.Text("first_name", c.FirstName),
		django.Text("last_name", c.LastName),
		django.Pair("is_active", django.Bool(c.IsActive)),
		django.Pair("is_staff", django.Bool(c.IsStaff)),
		django.Pair("is_superuser", django.Bool(c.IsSuperuser)),
		django.Pair("last_login", timeValue(c.LastLogin)),
		django.Text("date_joined", claimmap.Time(c.DateJoined)),
	)
}

// timeValue is a time as the API shows it; null for the zero time.
func timeValue(t time.Time) django.Value {
	if t.IsZero() {
		return django.Null()
	}
	return django.String(claimmap.Time(t))
}
