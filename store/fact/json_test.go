package fact_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/fact"
)

func TestJSON(t *testing.T) {
	for _, s := range samples {
		if got := string(fact.AppendJSON(nil, s.fact)); got != s.json {
			t.Errorf("got %s, want %s", got, s.json)
		}
	}
}

// Each fact is valid JSON in one line, with its kind first.
func TestJSONIsValid(t *testing.T) {
	for _, f := range facts() {
		line := fact.AppendJSON(nil, f)
		if !json.Valid(line) || bytes.ContainsAny(line, "\n\x00") {
			t.Errorf("%v: no line of JSON: %s", f.Kind(), line)
		}
		if want := `{"fact":"` + f.Kind().String() + `",`; !strings.HasPrefix(string(line), want) {
			t.Errorf("%s does not begin with %s", line, want)
		}
	}
}

// A secret is masked, and looks the same whatever it is.
func TestSecretsAreMasked(t *testing.T) {
	customer := func(hash, claim string) fact.Fact {
		return fact.Customer{ID: ada, Made: made, Stamp: made, Set: fact.Password, PasswordHash: hash,
			RevokeClaim: claim}
	}
	for _, c := range []struct{ one, other fact.Fact }{
		{customer("pbkdf2_sha256$1$salt$hash", "90334E"), customer("!", "")},
		{fact.Rehash{ID: ada, Made: made, Password: made, Hash: "argon2$hash"},
			fact.Rehash{ID: ada, Made: made, Password: made}},
		{fact.Session{ID: cookie, Customer: ada}, fact.Session{Customer: ada}},
		{fact.EndSession{ID: cookie}, fact.EndSession{}},
		{fact.Login{Family: family, Agent: "curl/8", Address: "192.0.2.0/24"}, fact.Login{Family: family}},
		{fact.Session{Customer: ada, Used: 1, Agent: "curl/8"}, fact.Session{Customer: ada, Used: 1}},
		{fact.SealKey{ID: "k1", Sealed: []byte("private")}, fact.SealKey{ID: "k1", Sealed: []byte("other")}},
		{fact.Invitation{Digest: cookie}, fact.Invitation{}},
		{fact.ForgetInvitation{Digest: cookie}, fact.ForgetInvitation{}},
	} {
		one, other := fact.AppendJSON(nil, c.one), fact.AppendJSON(nil, c.other)
		if !bytes.Equal(one, other) || !bytes.Contains(one, []byte(`"***"`)) {
			t.Errorf("%s\n%s\nshow what a secret is", one, other)
		}
	}
}

// Unread facts show what their header says only.
func TestJSONOfUnread(t *testing.T) {
	f, _ := fact.Decode([]byte{200, 3, 2, 0, 0, 0, 'a', 'b'})
	const want = `{"fact":"unread","kind":200,"version":3,"length":2}`
	if got := string(fact.AppendJSON(nil, f)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJSONOfFrame(t *testing.T) {
	f := fact.Frame{Node: 1, Incarnation: 0xa7, Sequence: 12, Made: milliseconds * 1000,
		Facts: []fact.Fact{fact.Lifetimes{Access: 1}, fact.RemoveGroup{Name: "ünï", Stamp: made, Until: seconds}}}
	const want = `{"position":"00000000000000a7:12","node":1,"incarnation":"00000000000000a7","sequence":12,"made":"2026-01-01T00:00:00.000000Z",` +
		`"facts":[{"fact":"lifetimes","access":1,"refresh":0,"foreign":0},` +
		`{"fact":"remove_group","name":"\u00fcn\u00ef","stamp":"0/2026-01-01T00:00:00.000000Z/1",` +
		`"until":"2026-01-01T00:00:00Z"}]}`
	if got := string(f.AppendJSON(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// All fields of a customer, in the order of their bits; the attributes in one line.
func TestJSONOfCustomer(t *testing.T) {
	f := fact.Customer{ID: ada, Made: made, Stamp: made, Set: fact.AllFields, Email: "a@b.c", Staff: true,
		Attributes: []byte("{\n\"plan\": \"gold\"}")}
	const want = `{"fact":"customer","id":7,"made":"0/2026-01-01T00:00:00.000000Z/1",` +
		`"stamp":"0/2026-01-01T00:00:00.000000Z/1","email":"a@b.c","first_name":"","last_name":"","is_active":false,` +
		`"is_staff":true,"is_superuser":false,"password_hash":"***","revoke_claim":"***","attributes":{"plan":"gold"},` +
		`"date_joined":"1970-01-01T00:00:00.000000Z"}`
	if got := string(fact.AppendJSON(nil, f)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
