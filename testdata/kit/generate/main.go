// Command generate writes the files of the kit: policies.json, bundles.json and cases.json in testdata/kit, or in the
// folder that is its argument. The same source gives the same bytes.
//
// Each case says itself what a verifier must answer; the reading cases of core/coretest say it there. generate runs
// each with package verify, and fails where that answers otherwise.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/testdata/kit"
)

func main() {
	folder := "testdata/kit"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	g := &generator{policies: map[string]string{}, bundles: map[string]string{}}
	g.readings()
	g.vectors()
	g.times()
	g.memoryCases()
	g.policyCases()
	g.configureCases()
	g.hostSignatures()
	g.bundleCases()
	g.rootCases()
	g.headCases()
	g.revocationCases()
	g.check()
	g.write(folder)
}

// generator collects the files.
type generator struct {
	policies map[string]string // JSON: an object, or a text with what is configured
	bundles  map[string]string
	cases    []kit.Case
}

// step is a step with what a verifier must answer.
type step struct {
	kit.Step
	want string
}

// add adds a case.
func (g *generator) add(name string, steps ...step) {
	c := kit.Case{Name: name}
	for _, s := range steps {
		c.Steps = append(c.Steps, s.Step)
		c.Want = append(c.Want, s.want)
	}
	g.cases = append(g.cases, c)
}

// configure configures a policy, an object, which gets the name.
func (g *generator) configure(name, policy string) step {
	if old, ok := g.policies[name]; ok && old != policy {
		fail("two policies have the name %s", name)
	}
	g.policies[name] = policy
	return step{kit.Step{Configure: &name}, "ok"}
}

// update updates with a bundle, which gets the name.
func (g *generator) update(name, bundle, want string) step {
	if old, ok := g.bundles[name]; ok && old != bundle {
		fail("two bundles have the name %s", name)
	}
	g.bundles[name] = bundle
	return step{kit.Step{Update: &name}, want}
}

// now is the time of most cases, in Unix seconds.
var now = coretest.Now.Unix()

// verdict verifies a token at a time. The want good stands for its claims.
func verdict(token string, at int64, want string) step {
	if want == good {
		want = "ok " + claims(token)
	}
	return step{kit.Step{Verify: &token, Now: &at}, want}
}

const good = "good"

// claims are the claims of a token.
func claims(token string) string {
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		fail("claims of %s: %v", token, err)
	}
	return string(part)
}

// check runs each case with package verify.
func (g *generator) check() {
	k := &kit.Kit{Policies: map[string]string{}, Bundles: g.bundles}
	for name, policy := range g.policies {
		k.Policies[name] = policy
		if policy[0] == '"' {
			k.Policies[name] = unquote(policy)
		}
	}
	seen, wrong := map[string]bool{}, 0
	for _, c := range g.cases {
		if seen[c.Name] {
			fail("two cases have the name %s", c.Name)
		}
		seen[c.Name] = true
		for i, got := range kit.Run(k.Resolve(c), &kit.Native{}) {
			if got != c.Want[i] {
				fmt.Fprintf(os.Stderr, "%s: step %d %s gives %.200s, want %.200s\n", c.Name, i, c.Steps[i].Note, got,
					c.Want[i])
				wrong++
			}
		}
	}
	if wrong > 0 {
		fail("%d steps give something else", wrong)
	}
}

// write writes the files: policies and bundles by name, a case a line.
func (g *generator) write(folder string) {
	policies, bundles := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for name, policy := range g.policies {
		policies[name] = json.RawMessage(policy)
	}
	for name, bundle := range g.bundles {
		bundles[name] = encode(bundle)
	}
	var b bytes.Buffer
	for i, c := range g.cases {
		fmt.Fprintf(&b, "%s%s", []string{"[\n", ",\n"}[min(i, 1)], encode(c))
	}
	for name, content := range map[string][]byte{
		"policies": object(policies), "bundles": object(bundles), "cases": append(b.Bytes(), "\n]\n"...),
	} {
		if err := os.WriteFile(filepath.Join(folder, name+".json"), content, 0o644); err != nil {
			fail("%v", err)
		}
	}
}

// object is an object with a member a line.
func object(members map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(members)) {
		fmt.Fprintf(&b, "%s%s: %s", []string{"{\n", ",\n"}[min(i, 1)], encode(name), members[name])
	}
	return append(b.Bytes(), "\n}\n"...)
}

// encode is a value in JSON, with <, > and & as they are.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		fail("%v", err)
	}
	return bytes.TrimSpace(b.Bytes())
}

func unquote(text string) (s string) {
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		fail("%s: %v", text, err)
	}
	return s
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "generate: "+format+"\n", args...)
	os.Exit(1)
}
