package httpapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/store"
)

// ReservedMember reports whether a member of this name, in any case, is the service's own in the answer to a log-in,
// and so no name for a member of the customer.
func ReservedMember(name string) bool {
	return slices.ContainsFunc([]string{"access", "refresh", "token"}, func(taken string) bool { return strings.EqualFold(name, taken) })
}

// withCustomer adds to the answer to a log-in what is configured to be shown of the customer, flat, as a subclass of
// simplejwt's TokenObtainPairSerializer adds it in validate(). What the customer does not have is null.
func (rq *request) withCustomer(answer django.Value, c store.Customer) (django.Value, error) {
	shown, err := loginAnswer(rq.h.cfg.LoginAnswer, c)
	if err != nil {
		return django.Value{}, fmt.Errorf("answer to the log-in of customer %s: %w", c.ID, unshowable{err})
	}
	return django.Object(slices.Concat(answer.Members(), shown.Members())...), nil
}

// CheckLoginAnswer says why these members of a customer can stand in no answer, so that every log-in of that customer
// is a 500: they are too large, or attributes hold what no answer can, such as a number beyond a double.
func CheckLoginAnswer(members claimmap.Members, c store.Customer) error {
	_, err := loginAnswer(members, c)
	return err
}

// loginAnswer is an object of the members, empty where there are none.
func loginAnswer(members claimmap.Members, c store.Customer) (django.Value, error) {
	raw, err := members.JSON(c)
	if raw == nil || err != nil {
		return django.Object(), err
	}
	shown, err := django.ParseJSON(raw, "utf-8")
	if err == nil {
		_, err = django.Render(shown, 0)
	}
	return shown, err
}

// unshowable hides from respond that an error is one of those that bodies of clients have: this one is the node's.
type unshowable struct{ reason error }

func (u unshowable) Error() string { return u.reason.Error() }
