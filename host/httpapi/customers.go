package httpapi

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// showMe shows the customer that the request is authenticated as.
func showMe(rq *request) (django.Value, error) { return customerValue(rq.who.customer), nil }

// customerValue is a customer as the API shows it.
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

// There may be a million customers. Their list is read and written page by page, and each page is one state of the
// store. So a list has one page in memory, and keeps no transaction open while its client reads. A customer takes up
// to 80 KiB: the number of lists at once is bounded too, so that memory is.
const (
	listPage    = 16
	listsAtOnce = 16
)

// errLists refuses a list because as many as allowed are being sent.
var errLists = fmt.Errorf("%w: %d lists of all customers are being sent already", node.ErrBusy, listsAtOnce)

// listCustomers shows all customers in the order of their ids. Of a long list only the first page is part of
// the answer; the rest is sent as it is read, without a Content-Length. A browser is shown the first page
// only.
func listCustomers(rq *request) (django.Value, error) {
	select {
	case rq.h.lists <- struct{}{}:
		rq.reply.hasPlace = true
	default:
		return django.Value{}, errLists
	}
	first, last, err := rq.customers(core.CustomerID{})
	if err == nil && !last.IsZero() {
		rq.reply.rest = func(w io.Writer, indent int) error { return rq.writePages(w, indent, last) }
	}
	return first, err
}

// endList gives the place of this list to another.
func (rq *request) endList() {
	if rq.reply.hasPlace {
		rq.reply.hasPlace = false
		<-rq.h.lists
	}
}

// customers is the page after a customer. last is its last customer; zero: no more follow.
func (rq *request) customers(after core.CustomerID) (page django.Value, last core.CustomerID, err error) {
	list, err := rq.node.Customers(rq.Context(), after, listPage)
	if err != nil {
		return django.Value{}, core.CustomerID{}, err
	}
	values := make([]django.Value, len(list))
	for i, c := range list {
		values[i] = customerValue(c)
	}
	if len(list) == listPage {
		last = list[len(list)-1].ID
	}
	return django.List(values...), last, nil
}

// writePages writes all pages after a customer, and the end of the list. Before each page the client is
// authorised again: the refusal is the error. A client that is gone is none.
func (rq *request) writePages(w io.Writer, indent int, after core.CustomerID) error {
	for !after.IsZero() {
		if err := rq.checkAgain(); err != nil {
			return err
		}
		page, last, err := rq.customers(after)
		if err != nil {
			return err
		}
		members, err := django.Render(page, indent)
		if err != nil {
			return err
		}
		members = bytes.TrimRight(bytes.TrimPrefix(members, []byte("[")), "\n]")
		if len(members) > 0 {
			if _, err := w.Write(append([]byte(","), members...)); err != nil {
				return nil
			}
		}
		after = last
	}
	end := "]"
	if indent > 0 {
		end = "\n]"
	}
	_, _ = io.WriteString(w, end)
	return nil
}
