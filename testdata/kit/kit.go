// Package kit reads the cases for verifiers in other hosts and runs them against one. README.md has their format.
package kit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Case is a case of cases.json.
type Case struct {
	Name  string   `json:"name"`
	Steps []Step   `json:"steps"`
	Want  []string `json:"want"`
}

// Step is one step: the first member that is there says what to do. In a Kit, Configure and Update are names; Run takes
// the policy and the bundle themselves, as Resolve puts them in.
type Step struct {
	Configure *string `json:"configure,omitempty"`
	Update    *string `json:"update,omitempty"`
	Verify    *string `json:"verify,omitempty"`
	Now       *int64  `json:"now,omitempty"` // Unix seconds
	Alone     bool    `json:"alone,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// Result is what a runner prints of a case.
type Result struct {
	Name string   `json:"name"`
	Got  []string `json:"got"`
}

// Cannot begins what a host says of a step that it has no way to express; the reason follows.
const Cannot = "cannot: "

// Verifier is the verifier under test. The text of an error of Update and Verify is the cause's name.
type Verifier interface {
	Configure(policy string) error
	Update(bundle string) error
	// Verify gives the claims. alone: the host doesn't help with the signature.
	Verify(token string, now int64, alone bool) (claims string, err error)
}

// Kit is the three files.
type Kit struct {
	Policies map[string]string // as they are configured
	Bundles  map[string]string
	Cases    []Case
}

// Read reads the files of a folder.
func Read(folder string) (*Kit, error) {
	k := &Kit{Policies: map[string]string{}}
	var policies map[string]json.RawMessage
	for name, into := range map[string]any{"policies": &policies, "bundles": &k.Bundles, "cases": &k.Cases} {
		b, err := os.ReadFile(filepath.Join(folder, name+".json"))
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			return nil, fmt.Errorf("the kit's %s: %w", name, err)
		}
	}
	for name, policy := range policies {
		text := string(policy)
		if policy[0] == '"' {
			if err := json.Unmarshal(policy, &text); err != nil {
				return nil, fmt.Errorf("policy %s: %w", name, err)
			}
		}
		k.Policies[name] = text
	}
	return k, nil
}

// Resolve gives the steps of a case with policies and bundles in place of their names.
func (k *Kit) Resolve(c Case) []Step {
	steps := make([]Step, len(c.Steps))
	for i, s := range c.Steps {
		if s.Configure != nil {
			s.Configure = new(k.Policies[*s.Configure])
		}
		if s.Update != nil {
			s.Update = new(k.Bundles[*s.Update])
		}
		steps[i] = s
	}
	return steps
}

// Run takes the steps, resolved, to a fresh verifier.
func Run(steps []Step, v Verifier) (got []string) {
	for _, s := range steps {
		text := "ok"
		switch {
		case s.Configure != nil:
			if err := v.Configure(*s.Configure); err != nil {
				text = "error: " + err.Error()
			}
		case s.Update != nil:
			if err := v.Update(*s.Update); err != nil {
				text = err.Error()
			}
		default:
			claims, err := v.Verify(*s.Verify, *s.Now, s.Alone)
			if text = "ok " + claims; err != nil {
				text = err.Error()
			}
		}
		got = append(got, text)
	}
	return got
}

// HostSignatures is the policy of a case for hosts that check signatures themselves: with "signatures": "host". A
// policy that says whose they are, or is no object with keys, stays as it is.
func HostSignatures(policy string) string {
	if strings.Contains(policy, `"signatures"`) || !strings.HasPrefix(policy, `{"jwks"`) &&
		!strings.HasPrefix(policy, `{"root"`) {
		return policy
	}
	return `{"signatures":"host",` + policy[1:]
}
