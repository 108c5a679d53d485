package coretest

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core/permission"
)

// Permit is permission.Rule.Decide, or the same in a guest.
type Permit func(t *testing.T, r permission.Rule, method, model string, c permission.Caller) permission.Verdict

const model = "customers.customer"

// RunPermit checks an implementation of the rules by the cases below, and compares it with the reference's permission
// classes for every possible question.
func RunPermit(t *testing.T, permit Permit) {
	anyone := permission.Caller{}
	known := permission.Caller{Authenticated: true, Active: true}
	staff := permission.Caller{Authenticated: true, Active: true, Staff: true}
	super := permission.Caller{Authenticated: true, Active: true, Superuser: true}
	inactive := permission.Caller{Authenticated: true, Superuser: true, Rights: []string{"customers.add_customer"}}
	with := func(rights ...string) permission.Caller {
		return permission.Caller{Authenticated: true, Active: true, Rights: rights}
	}
	const (
		allowed, who, no, method = permission.Allowed, permission.Unauthenticated, permission.Forbidden,
			permission.MethodNotAllowed
		byModel, orRead = permission.DjangoModelPermissions, permission.DjangoModelPermissionsOrAnonReadOnly
	)
	for _, c := range []struct {
		name   string
		rule   permission.Rule
		method string
		caller permission.Caller
		want   permission.Verdict
	}{
		{"anyone may do anything", permission.AllowAny, "DELETE", anyone, allowed},
		{"anyone may do what nobody knows", permission.AllowAny, "BREW", anyone, allowed},
		{"anyone is nobody", permission.IsAuthenticated, "GET", anyone, who},
		{"known", permission.IsAuthenticated, "POST", known, allowed},
		{"known, another method", permission.IsAuthenticated, "BREW", known, allowed},
		{"inactive, but known", permission.IsAuthenticated, "GET", inactive, allowed},
		{"staff", permission.IsAdminUser, "GET", staff, allowed},
		{"a superuser is no staff", permission.IsAdminUser, "GET", super, no},
		{"anyone is no staff", permission.IsAdminUser, "OPTIONS", anyone, who},
		{"staff that has not authenticated", permission.IsAdminUser, "GET", permission.Caller{Staff: true}, who},
		{"anyone reads", permission.IsAuthenticatedOrReadOnly, "HEAD", anyone, allowed},
		{"anyone asks for options", permission.IsAuthenticatedOrReadOnly, "OPTIONS", anyone, allowed},
		{"anyone writes", permission.IsAuthenticatedOrReadOnly, "PUT", anyone, who},
		{"anyone traces", permission.IsAuthenticatedOrReadOnly, "TRACE", anyone, who},
		{"known, writes", permission.IsAuthenticatedOrReadOnly, "PUT", known, allowed},
		{"reading needs no right", byModel, "GET", known, allowed},
		{"reading needs a caller", byModel, "GET", anyone, who},
		{"inactive, reads", byModel, "GET", inactive, allowed},
		{"inactive, has no right", byModel, "POST", inactive, no},
		{"no right to add", byModel, "POST", known, no},
		{"right to add", byModel, "POST", with("customers.add_customer"), allowed},
		{"right among others", byModel, "DELETE", with("a.b", "customers.delete_customer", "z.z"), allowed},
		{"right to change by PUT", byModel, "PUT", with("customers.change_customer"), allowed},
		{"right to change by PATCH", byModel, "PATCH", with("customers.change_customer"), allowed},
		{"right to change is none to add", byModel, "POST", with("customers.change_customer"), no},
		{"right for another app", byModel, "POST", with("shop.add_customer"), no},
		{"right for a longer name", byModel, "POST", with("customers.add_customers"), no},
		{"right in capitals", byModel, "POST", with("customers.ADD_CUSTOMER"), no},
		{"right to view writes nothing", byModel, "PUT", with("customers.view_customer"), no},
		{"superuser", byModel, "DELETE", super, allowed},
		{"staff has no rights by itself", byModel, "DELETE", staff, no},
		{"another method", byModel, "TRACE", super, method},
		{"another method, anyone", byModel, "TRACE", anyone, who},
		{"method in small letters", byModel, "post", super, method},
		{"rights without having authenticated", byModel, "POST",
			permission.Caller{Active: true, Superuser: true, Rights: []string{"customers.add_customer"}}, who},
		{"anyone reads, by model", orRead, "GET", anyone, allowed},
		{"anyone writes, by model", orRead, "POST", anyone, who},
		{"another method, anyone may read", orRead, "TRACE", anyone, method},
		{"rights without having authenticated, anyone may read", orRead, "POST",
			permission.Caller{Active: true, Superuser: true}, who},
		{"right to delete", orRead, "DELETE", with("customers.delete_customer"), allowed},
		{"no right to delete", orRead, "DELETE", known, no},
	} {
		t.Run(c.rule.String()+"/"+c.name, func(t *testing.T) {
			if got := permit(t, c.rule, c.method, model, c.caller); got != c.want {
				t.Errorf("%v.Decide(%s, %s, %+v) = %d, want %d", c.rule, c.method, model, c.caller, got, c.want)
			}
		})
	}
	t.Run("all", func(t *testing.T) { permitAll(t, permit) })
}

// permitAll asks every rule about every method, every kind of caller and every set of rights.
func permitAll(t *testing.T, permit Permit) {
	rights := []string{"customers.add_customer", "customers.change_customer", "customers.delete_customer",
		"shop.add_customer"}
	for r := permission.AllowAny; r.Known(); r++ {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "",
			"GET "} {
			for bits := range 1 << (4 + len(rights)) {
				c := permission.Caller{Authenticated: bits&1 != 0, Active: bits&2 != 0, Staff: bits&4 != 0,
					Superuser: bits&8 != 0}
				if !c.Authenticated && bits&14 != 0 {
					continue // the reference has no such caller
				}
				for i, right := range rights {
					if bits>>(4+i)&1 != 0 {
						c.Rights = append(c.Rights, right)
					}
				}
				if got, want := permit(t, r, method, model, c), reference(r, method, c); got != want {
					t.Fatalf("%v.Decide(%q, %s, %+v) = %d, want %d", r, method, model, c, got, want)
				}
			}
		}
	}
}

// reference is has_permission of each class, and permission_denied, in the reference's order.
func reference(r permission.Rule, method string, c permission.Caller) permission.Verdict {
	safe := slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method)
	right, mapped := map[string]string{
		"GET": "", "OPTIONS": "", "HEAD": "", "POST": "customers.add_customer", "PUT": "customers.change_customer",
		"PATCH": "customers.change_customer", "DELETE": "customers.delete_customer",
	}[method]
	good := false
	switch r {
	case permission.AllowAny:
		good = true
	case permission.IsAuthenticated:
		good = c.Authenticated
	case permission.IsAdminUser:
		good = c.Staff
	case permission.IsAuthenticatedOrReadOnly:
		good = safe || c.Authenticated
	case permission.DjangoModelPermissions, permission.DjangoModelPermissionsOrAnonReadOnly:
		if !c.Authenticated && r == permission.DjangoModelPermissions {
			break
		}
		if !mapped {
			return permission.MethodNotAllowed
		}
		good = right == "" || c.Active && c.Superuser || c.Active && c.Authenticated && slices.Contains(c.Rights, right)
	}
	switch {
	case good:
		return permission.Allowed
	case c.Authenticated:
		return permission.Forbidden
	}
	return permission.Unauthenticated
}
