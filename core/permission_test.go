package core_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

func TestPermit(t *testing.T) {
	coretest.RunPermit(t, func(_ *testing.T, r core.Rule, method, model string, c core.Caller) core.Verdict {
		return r.Decide(method, model, c)
	})
}

// A rule that this version does not know, and a model that has no app, give nobody anything by mistake.
func TestPermitUnknown(t *testing.T) {
	super := core.Caller{Authenticated: true, Active: true, Staff: true, Superuser: true}
	if got := core.Rule(200).Decide("GET", "customers.customer", super); got != core.Forbidden {
		t.Errorf("an unknown rule says %d, want Forbidden", got)
	}
	if got := core.Rule(200).Decide("GET", "customers.customer", core.Caller{}); got != core.Unauthenticated {
		t.Errorf("an unknown rule says %d to anyone, want Unauthenticated", got)
	}
	c := core.Caller{Authenticated: true, Active: true, Rights: []string{"add_customer", ".add_customer", "customer.add_"}}
	for _, model := range []string{"", "customers.customer"} {
		if got := core.DjangoModelPermissions.Decide("POST", model, c); got != core.Forbidden {
			t.Errorf("Judge(POST, %q) = %d, want Forbidden", model, got)
		}
	}
	if got := core.Rule(200).String(); got != "unknown" {
		t.Errorf("its name is %q", got)
	}
}
