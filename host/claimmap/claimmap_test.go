package claimmap_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/store"
)

// ana has something in every field.
var ana = store.Customer{
	ID: core.Integer(7), Email: "ana@example.com", FirstName: "Ana", LastName: "Ruiz", IsActive: true, IsStaff: true,
	DateJoined: time.Date(2024, 1, 2, 3, 4, 5, 678000, time.UTC), LastLogin: time.Date(2026, 1, 2, 3, 4, 5, 0,
		time.UTC),
	Groups: []string{"editors", "staff"}, Permissions: []string{"shop.own"}, Rights: []string{"shop.own", "shop.view"},
	Attributes: json.RawMessage(`{"plan":"pro","billing":{"limit":9223372036854775808,"rate":1.50,"none":null,"to":[1,{"a":"b"}]},"":{"":1},"Plan":"other"}`),
}

func TestJSON(t *testing.T) {
	text := ana
	text.ID = core.Text("550e8400-e29b-41d4-a716-446655440000")
	hostile := store.Customer{ID: core.Integer(1), Email: "</script>\"\\\x00\n\u2028é😀", FirstName: "<b>&amp;",
		Attributes: json.RawMessage(`{"<i>":"<\u0000>"}`)}
	for _, c := range []struct {
		name     string
		customer store.Customer
		members  string
		want     string
	}{
		{"nothing", ana, "", ""},
		{"every field", ana, "a=id b=email c=first_name d=last_name e=is_active f=is_staff g=is_superuser",
			`{"a":7,"b":"ana@example.com","c":"Ana","d":"Ruiz","e":true,"f":true,"g":false}`},
		{"times", ana, "joined=date_joined last=last_login",
			`{"joined":"2024-01-02T03:04:05.000678Z","last":"2026-01-02T03:04:05Z"}`},
		{"rights", ana, "g=groups p=permissions", `{"g":["editors","staff"],"p":["shop.own","shop.view"]}`},
		{"id that is a text", text, "id=id", `{"id":"550e8400-e29b-41d4-a716-446655440000"}`},
		{"attributes as they are", ana,
			"p=attributes.plan l=attributes.billing.limit r=attributes.billing.rate t=attributes.billing.to",
			`{"p":"pro","l":9223372036854775808,"r":1.50,"t":[1,{"a":"b"}]}`},
		{"attribute that is an object", ana, "b=attributes.billing",
			`{"b":{"limit":9223372036854775808,"rate":1.50,"none":null,"to":[1,{"a":"b"}]}}`},
		{"attributes that are not there", ana,
			"a=attributes.x b=attributes.billing.x c=attributes.plan.x d=attributes.billing.none " +
				"e=attributes.PLAN f=attributes.billing.to.a",
			`{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null}`},
		{"a customer with nothing", store.Customer{ID: core.Integer(1)},
			"a=attributes.plan l=last_login g=groups p=permissions",
			`{"a":null,"l":null,"g":[],"p":[]}`},
		{"order is the configuration's", ana, "z=id a=id", `{"z":7,"a":7}`},
		{"HTML and control characters", hostile, "e=email f=first_name a=attributes.<i> <b>=id",
			`{"e":"</script>\"\\\u0000\n\u2028é😀","f":"<b>&amp;","a":"<\u0000>","<b>":1}`},
	} {
		got, err := claimmaptest.Members(t, c.members).JSON(c.customer)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: JSON = %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestJSONIsBounded(t *testing.T) {
	m := claimmaptest.Members(t, "a=attributes.a b=id")
	with := func(n int) store.Customer {
		return store.Customer{ID: core.Integer(1), Attributes: json.RawMessage(`{"a":"` + strings.Repeat("x", n) +
			`"}`)}
	}
	most := claimmap.MaxBytes - len(`{"a":"","b":1}`)
	if got, err := m.JSON(with(most)); err != nil || len(got) != claimmap.MaxBytes {
		t.Errorf("JSON has %d bytes, %v; want %d", len(got), err, claimmap.MaxBytes)
	}
	if got, err := m.JSON(with(most + 1)); !errors.Is(err, claimmap.ErrTooLarge) {
		t.Errorf("JSON has %d bytes, %v; want %v", len(got), err, claimmap.ErrTooLarge)
	}
}

func TestParseField(t *testing.T) {
	for _, text := range []string{
		"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "date_joined",
		"last_login", "groups", "permissions",
		"attributes.plan", "attributes.a.b.c", "attributes.é x", "attributes.attributes",
	} {
		f, err := claimmap.ParseField(text)
		if err != nil || f.String() != text {
			t.Errorf("ParseField(%q) = %v, %v", text, f, err)
		}
		if want := text == "permissions"; f.NeedsRights() != want {
			t.Errorf("ParseField(%q).NeedsRights() = %v", text, !want)
		}
	}
	for _, text := range []string{
		"", "ID", "password", "password_hash", "revoke_claim", "version", "attributes", "attributes.",
		"attributes..a", "attributes.a.", " email",
		"attributes." + strings.Repeat("x", 256), "attributes" + strings.Repeat(".x", 17), "attributes.\xff",
	} {
		if f, err := claimmap.ParseField(text); err == nil {
			t.Errorf("ParseField(%q) = %v, want an error", text, f)
		}
	}
}

func TestValidate(t *testing.T) {
	settings := core.DefaultSettings()
	for _, name := range []string{"exp", "iat", "nbf", "iss", "aud", "sub", "jti", "JTI", "Exp", "ſub", "user_id",
		"token_type", "refresh_exp", "hash_password", "", strings.Repeat("x", 256), "\xff"} {
		if errs := (claimmap.Members{{Name: name}}).Validate(settings.Reserved); len(errs) != 1 {
			t.Errorf("Validate of %q = %v, want one error", name, errs)
		}
	}
	good := claimmaptest.Members(t, "email=email groups=groups expires=id é=id")
	if errs := good.Validate(settings.Reserved); errs != nil {
		t.Errorf("Validate = %v, want none", errs)
	}
	if errs := claimmaptest.Members(t, "a=id a=email").Validate(settings.Reserved); len(errs) != 1 {
		t.Errorf("Validate of a name twice = %v, want one error", errs)
	}
	var many claimmap.Members
	for i := range claimmap.MaxMembers + 1 {
		many = append(many, claimmap.Member{Name: fmt.Sprint("x", i)})
	}
	if errs := many.Validate(settings.Reserved); len(errs) != 1 {
		t.Errorf("Validate of %d members = %v, want one error", len(many), errs)
	}
}

// FuzzJSON holds what is made of any attributes to be an object with just the configured names, and what it says of a
// field that is read again.
func FuzzJSON(f *testing.F) {
	f.Add("attributes.plan", []byte(`{"plan":"pro"}`))
	f.Add("attributes.a.b", []byte(`{"a":{"b":[1,2.50,"\ud800"]}}`))
	f.Add("attributes.a", []byte(`{"a":1e999,"a":2}`))
	f.Add("attributes.a.b", []byte(`{"a":"b"}`))
	f.Fuzz(func(t *testing.T, text string, attributes []byte) {
		field, err := claimmap.ParseField(text)
		if err != nil {
			return
		}
		if again, err := claimmap.ParseField(field.String()); err != nil || again.String() != text {
			t.Errorf("ParseField(%q) is %q, which is read as %v, %v", text, field, again, err)
		}
		if !json.Valid(attributes) {
			return
		}
		out, err := claimmap.Members{{Name: "n", Field: field}}.JSON(store.Customer{ID: core.Integer(1),
			Attributes: attributes})
		if err != nil {
			return
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal(out, &got); err != nil || len(got) != 1 || got["n"] == nil ||
			len(out) > claimmap.MaxBytes {
			t.Errorf("JSON of %s in %q = %q (%v)", text, attributes, out, err)
		}
	})
}
