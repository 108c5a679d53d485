package core_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestChecks: Checks stops where Decide refuses, at a check that has the cause among its own. In each
// operation each cause of each check comes up.
func TestChecks(t *testing.T) {
	type row struct {
		op    core.Op
		check string
		list  *cause.Cause // the first of its causes: rows of one name have each their own
		cause cause.Cause
	}
	r := rand.New(rand.NewPCG(1, 2))
	met, listed := map[row]int{}, map[row]bool{}
	for range 50_000 {
		s, req := coretest.RandomRequest(r)
		all, at, c := core.Checks(&s, req)
		o := core.Decide(&s, &req)
		if !refusedFor(o, c) {
			t.Fatalf("op %d, %+v, claims %s: Checks says %v, Decide %+v", req.Op, s, req.Opened.Claims, c, o.Refusals)
		}
		if (c == cause.OK) != (at == len(all)) || c != cause.OK && !slices.Contains(all[at].Causes, c) {
			t.Fatalf("op %d, %+v, claims %s: %v at check %d of %+v", req.Op, s, req.Opened.Claims, c, at, all)
		}
		for _, check := range all {
			for _, c := range check.Causes {
				listed[row{req.Op, check.Name, &check.Causes[0], c}] = true
			}
		}
		if c != cause.OK {
			met[row{req.Op, all[at].Name, &all[at].Causes[0], c}]++
		}
	}
	for row := range listed {
		if met[row] == 0 {
			t.Errorf("op %d: check %q never refuses for %v", row.op, row.check, row.cause)
		}
	}
}

// refusedFor reports whether c is the cause of an outcome, or one of those of the classes of a header.
func refusedFor(o core.Outcome, c cause.Cause) bool {
	if c == cause.OK {
		return !o.Refused()
	}
	return slices.ContainsFunc(o.Refusals, func(r core.Refusal) bool { return r.Cause == c })
}
