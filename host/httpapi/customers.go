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

// A list of all customers may be a million long. It is read and written page by page, each page one state of the
// store, so that no list holds more than one page in memory and none holds a transaction while its client reads. So
// that memory is bounded whoever asks (R10), so is the number of lists at once: a customer has up to 80 KiB.
const (
	listPage    = 16
	listsAtOnce = 16
)

// errLists says that other lists have all the places that there are.
var errLists = fmt.Errorf("%w: %d lists of all customers are being sent already", node.ErrBusy, listsAtOnce)

// listCustomers shows all customers in the order of their ids. A list of one page is an answer as any other; what
// follows the first page of a longer one is sent while it is read, without a length. A page for a browser shows the
// first page only.
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

// endList lets another list begin.
func (rq *request) endList() {
	if rq.reply.hasPlace {
		rq.reply.hasPlace = false
		<-rq.h.lists
	}
}

// customers is the page after a customer, and the last of it where more may follow; zero where none do.
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

// writePages writes the members of the list that follow after, and its end. A client that is gone ends it without an
// error; one that may not see the next page ends it with the refusal.
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
