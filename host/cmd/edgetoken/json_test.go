package main_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// TestJSON holds every command that has --json to print one object, in which a customer and a group have the same
// members wherever they stand.
func TestJSON(t *testing.T) {
	n := servicetest.Start(t, "native")
	flags := []string{"--data", n.Dir, "--config", n.File("edgetoken.yaml")}
	n.Configure(t, "log: {level: error}\n")
	customer := []string{
		"attributes", "date_joined", "email", "first_name", "groups", "id", "is_active", "is_staff", "is_superuser",
		"last_login", "last_name", "password_kind", "permissions", "rights",
	}
	group := []string{"name", "permissions"}
	token := []string{
		"accepted", "as", "cause", "claims", "code", "customer", "detail", "family", "header", "signed",
		"status", "steps",
	}
	changed := []string{"key", "next", "warnings"}
	const key = `{"kty":"OKP","crv":"Ed25519","kid":"two","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	revocation := []string{"customer", "family", "notes", "revoked", "started"}
	seen := map[string]bool{}
	for _, c := range []struct {
		command string // as JSONCommands has it
		args    string
		stdin   string
		want    []string // members
	}{
		{"customers add", "-", `{"email": "eva@example.com", "password": "correct horse 1", "groups": {"editors": ["customers.add_customer"]}}`, []string{"customers"}},
		{"customers import", "-", `{"email": "bo@example.com", "password": null}`, []string{
			"added", "bad", "conflicts", "dry_run", "groups", "removed", "rows", "unchanged", "updated", "warnings",
		}},
		{"customers list", "", "", []string{"customers", "next"}},
		{"customers show", "eva@example.com", "", customer},
		{"customers set", "eva@example.com --last-name Ruiz", "", customer},
		{"customers disable", "eva@example.com", "", customer},
		{"customers enable", "eva@example.com", "", customer},
		{"customers passwd", "eva@example.com --password-stdin", "correct horse 2", customer},
		{"customers logout", "eva@example.com", "", customer},
		{"customers grant", "eva@example.com customers.view_customer", "", customer},
		{"customers revoke", "eva@example.com customers.view_customer", "", customer},
		{"customers groups add", "authors customers.add_customer", "", group},
		{"customers groups set", "authors customers.view_customer", "", group},
		{"customers groups grant", "authors customers.add_customer", "", group},
		{"customers groups revoke", "authors customers.add_customer", "", group},
		{"customers conflicts", "", "", []string{"conflicts"}},
		{"customers groups list", "", "", []string{"groups"}},
		{"customers groups remove", "authors --yes", "", group},
		{"token verify", n.Access, "", token},
		{"token explain", n.Access, "", token},
		{"token revoke", n.Access, "", revocation},
		{"token revoke", "--customer eva@example.com", "", revocation},
		{"token import-blacklist", "-", "[]", []string{"expired", "failed", "missing", "revoked", "unchanged"}},
		{"customers remove", "eva@example.com --yes", "", customer},
		{"keys list", "--all", "", []string{"keys", "next"}},
		{"keys generate", "--id one", "", changed},
		{"keys import", "-", key, []string{"keys", "next", "skipped", "warnings"}},
		{"keys activate", "one", "", changed},
		{"keys jwks", "", "", []string{"keys"}},
		{"keys export", "one", "", []string{"format", "id", "key", "private"}},
		{"keys retire", "two", "", changed},
		{"bundle", "", "", []string{"bundle", "delta", "epoch"}},
		{"bundle root", "", "", []string{"alg", "crv", "kid", "kty", "use", "x", "y"}},
		{"bundle rotate-root", "", "", []string{"alg", "crv", "kid", "kty", "use", "x", "y"}},
		{"compact", "", "", []string{"after", "before"}},
		{"backup", "--output " + n.File("shop.backup"), "", []string{"bytes", "file", "id", "keys", "made", "schema"}},
		{"clock show", "", "", []string{"latest", "now", "plausible", "problem"}},
		{"clock accept", "", "", []string{"latest", "now", "plausible", "problem"}},
		{"facts acknowledge", "0c5b3a9d41e7f208:12", "", []string{"removed", "up_to"}},
		{"fleet status", "", "", []string{
			"addresses", "edge", "fleet", "id", "invitations", "missing", "nodes", "number", "recorder", "refusals",
			"role", "running",
		}},
		{"reload", "", "", []string{"changed", "restart", "warnings"}},
		{"config", "", "", []string{"memory_bound", "settings", "warnings"}},
		{"version", "", "", []string{"abi", "commit", "go", "module", "module_full", "version"}},
	} {
		seen[c.command] = true
		args := slices.Concat(strings.Fields(c.command), []string{"--json"}, strings.Fields(c.args), flags)
		out, errs, exit := edgetoken.Run(c.stdin, args...)
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(out), &object); err != nil || exit != 0 {
			t.Errorf("%s %s exits with %d and prints %s%s, %v", c.command, c.args, exit, out, errs, err)
			continue
		}
		if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, c.want) {
			t.Errorf("%s prints the members %q, want %q", c.command, got, c.want)
		}
		each := func(list json.RawMessage, want []string) {
			var all []map[string]json.RawMessage
			if list != nil && json.Unmarshal(list, &all) != nil {
				t.Errorf("%s prints %s", c.command, list)
			}
			for _, one := range all {
				if got := slices.Sorted(maps.Keys(one)); !slices.Equal(got, want) {
					t.Errorf("%s prints one with %q, want %q", c.command, got, want)
				}
			}
		}
		each(object["customers"], customer)
		if c.command == "customers groups list" {
			each(object["groups"], group)
		}
		if one := object["customer"]; one != nil && string(one) != "null" {
			each(slices.Concat([]byte("["), one, []byte("]")), customer)
		}
	}
	seen["check"] = true       // a node has its store open; check.txtar reads a copy
	seen["keys reseal"] = true // no node may run; keysreseal.txtar reseals
	seen["restore"] = true     // no node may run; backup.txtar restores
	for _, c := range []string{"init", "invite", "join", "leave", "recover", "resume", "withdraw"} {
		seen["fleet "+c] = true // this node is in no fleet; fleet.txtar has one
	}
	for _, c := range edgetoken.JSONCommands() {
		if !seen[c] {
			t.Errorf("%s has --json, and this test does not know of it", c)
		}
	}
}
