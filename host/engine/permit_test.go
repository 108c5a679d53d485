package engine_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// Both self-contained modules judge by the rules as core does natively.
func TestPermit(t *testing.T) {
	for name, module := range map[string][]byte{"full": enginetest.Module(t, true), "verify": enginetest.Verifier(t)} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, engine.Config{Module: module, SelfContained: true})
			coretest.RunPermit(t, func(t *testing.T, r permission.Rule, method, model string,
				c permission.Caller) permission.Verdict {
				v, err := e.Permit(abi.Question{Rule: r, Method: method, Model: model, Caller: c})
				if err != nil {
					t.Fatal(err)
				}
				return v
			})
			if v, err := e.Permit(abi.Question{Rule: 200}); err == nil ||
				!strings.Contains(err.Error(), "bad message") {
				t.Errorf("an unknown rule: %d, %v, want bad message", v, err)
			}
		})
	}
}
