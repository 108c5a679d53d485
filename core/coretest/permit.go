package coretest

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// Permit is core.Rule.Judge, or what a guest makes of it.
type Permit func(t *testing.T, r core.Rule, method, model string, c core.Caller) core.Verdict

const model = "customers.customer"

// RunPermit holds an implementation of the rules to the cases below, and to the permission classes of the reference over everything that can be asked.
func RunPermit(t *testing.T, permit Permit) {
	anyone := core.Caller{}
	known := core.Caller{Authenticated: true, Active: true}
	staff := core.Caller{Authenticated: true, Active: true, Staff: true}
	super := core.Caller{Authenticated: true, Active: true, Superuser: true}
	inactive := core.Caller{Authenticated: true, Superuser: true, Rights: []string{"customers.add_customer"}}
	with := func(rights ...string) core.Caller {
		return core.Caller{Authenticated: true, Active: true, Rights: rights}
	}
	const (
		allowed, who, no, method = core.Allowed, core.Unauthenticated, core.Forbidden, core.MethodNotAllowed
		byModel, orRead          = core.DjangoModelPermissions, core.DjangoModelPermissionsOrAnonReadOnly
	)
	for _, c := range []struct {
		name   string
		rule   core.Rule
		method string
		caller core.Caller
		want   core.Verdict
	}{
		{"anyone may do anything", core.AllowAny, "DELETE", anyone, allowed},
		{"anyone may do what nobody knows", core.AllowAny, "BREW", anyone, allowed},
		{"anyone is nobody", core.IsAuthenticated, "GET", anyone, who},
		{"known", core.IsAuthenticated, "POST", known, allowed},
		{"known, another method", core.IsAuthenticated, "BREW", known, allowed},
		{"inactive, but known", core.IsAuthenticated, "GET", inactive, allowed},
		{"staff", core.IsAdminUser, "GET", staff, allowed},
		{"a superuser is no staff", core.IsAdminUser, "GET", super, no},
		{"anyone is no staff", core.IsAdminUser, "OPTIONS", anyone, who},
		{"staff that has not authenticated", core.IsAdminUser, "GET", core.Caller{Staff: true}, who},
		{"anyone reads", core.IsAuthenticatedOrReadOnly, "HEAD", anyone, allowed},
		{"anyone asks for options", core.IsAuthenticatedOrReadOnly, "OPTIONS", anyone, allowed},
		{"anyone writes", core.IsAuthenticatedOrReadOnly, "PUT", anyone, who},
		{"anyone traces", core.IsAuthenticatedOrReadOnly, "TRACE", anyone, who},
		{"known, writes", core.IsAuthenticatedOrReadOnly, "PUT", known, allowed},
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
		{"rights without having authenticated", byModel, "POST", core.Caller{Active: true, Superuser: true, Rights: []string{"customers.add_customer"}}, who},
		{"anyone reads, by model", orRead, "GET", anyone, allowed},
		{"anyone writes, by model", orRead, "POST", anyone, who},
		{"another method, anyone may read", orRead, "TRACE", anyone, method},
		{"rights without having authenticated, anyone may read", orRead, "POST", core.Caller{Active: true, Superuser: true}, who},
		{"right to delete", orRead, "DELETE", with("customers.delete_customer"), allowed},
		{"no right to delete", orRead, "DELETE", known, no},
	} {
		t.Run(c.rule.String()+"/"+c.name, func(t *testing.T) {
			if got := permit(t, c.rule, c.method, model, c.caller); got != c.want {
				t.Errorf("%v.Judge(%s, %s, %+v) = %d, want %d", c.rule, c.method, model, c.caller, got, c.want)
			}
		})
	}
	t.Run("all", func(t *testing.T) { permitAll(t, permit) })
}

// permitAll asks every rule about every method, every kind of caller and every set of rights.
func permitAll(t *testing.T, permit Permit) {
	rights := []string{"customers.add_customer", "customers.change_customer", "customers.delete_customer", "shop.add_customer"}
	for r := core.AllowAny; r.Known(); r++ {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "", "GET "} {
			for bits := range 1 << (4 + len(rights)) {
				c := core.Caller{Authenticated: bits&1 != 0, Active: bits&2 != 0, Staff: bits&4 != 0, Superuser: bits&8 != 0}
				if !c.Authenticated && bits&14 != 0 {
					continue // the reference has no such caller
				}
				for i, right := range rights {
					if bits>>(4+i)&1 != 0 {
						c.Rights = append(c.Rights, right)
					}
				}
				if got, want := permit(t, r, method, model, c), reference(r, method, c); got != want {
					t.Fatalf("%v.Judge(%q, %s, %+v) = %d, want %d", r, method, model, c, got, want)
				}
			}
		}
	}
}

// reference is has_permission of each class, and permission_denied, in the reference's order.
func reference(r core.Rule, method string, c core.Caller) core.Verdict {
	safe := slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method)
	permission, mapped := map[string]string{
		"GET": "", "OPTIONS": "", "HEAD": "", "POST": "customers.add_customer", "PUT": "customers.change_customer",
		"PATCH": "customers.change_customer", "DELETE": "customers.delete_customer",
	}[method]
	good := false
	switch r {
	case core.AllowAny:
		good = true
	case core.IsAuthenticated:
		good = c.Authenticated
	case core.IsAdminUser:
		good = c.Staff
	case core.IsAuthenticatedOrReadOnly:
		good = safe || c.Authenticated
	case core.DjangoModelPermissions, core.DjangoModelPermissionsOrAnonReadOnly:
		if !c.Authenticated && r == core.DjangoModelPermissions {
			break
		}
		if !mapped {
			return core.MethodNotAllowed
		}
		good = permission == "" || c.Active && c.Superuser || c.Active && c.Authenticated && slices.Contains(c.Rights, permission)
	}
	switch {
	case good:
		return core.Allowed
	case c.Authenticated:
		return core.Forbidden
	}
	return core.Unauthenticated
}
