package permission_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/permission"
)

func TestPermit(t *testing.T) {
	coretest.RunPermit(t, func(_ *testing.T, r permission.Rule, method, model string,
		c permission.Caller) permission.Verdict {
		return r.Decide(method, model, c)
	})
}

// A rule that this version does not know, and a model that has no app, give nobody anything by mistake.
func TestPermitUnknown(t *testing.T) {
	super := permission.Caller{Authenticated: true, Active: true, Staff: true, Superuser: true}
	if got := permission.Rule(200).Decide("GET", "customers.customer", super); got != permission.Forbidden {
		t.Errorf("an unknown rule says %d, want Forbidden", got)
	}
	if got := permission.Rule(200).Decide("GET", "customers.customer",
		permission.Caller{}); got != permission.Unauthenticated {
		t.Errorf("an unknown rule says %d to anyone, want Unauthenticated", got)
	}
	c := permission.Caller{Authenticated: true, Active: true,
		Rights: []string{"add_customer", ".add_customer", "customer.add_"}}
	for _, model := range []string{"", "customers.customer"} {
		if got := permission.DjangoModelPermissions.Decide("POST", model, c); got != permission.Forbidden {
			t.Errorf("Decide(POST, %q) = %d, want Forbidden", model, got)
		}
	}
	if got := permission.Rule(200).String(); got != "unknown" {
		t.Errorf("its name is %q", got)
	}
}
