package password_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

// corpus is what Django itself wrote and answered.
const corpus = "../../testdata/conformance"

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Django 1.4 to 5.2 stored these hashes. Each fits its password if that logs in at Django, and no other; argon2d is
// refused. A customer who is not active has a good hash all the same.
func TestDjangoCustomers(t *testing.T) {
	var customers []struct {
		Fields struct {
			Email, Password string
			IsActive        bool `json:"is_active"`
		}
	}
	readJSON(t, "django/customers.json", &customers)
	f, err := os.Open(filepath.Join(corpus, "django/passwords.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rowOf := map[string][]string{} // by e-mail address
	for _, row := range rows {
		rowOf[row[0]] = row
	}
	good := map[string]int{} // by format
	for _, c := range customers {
		email, encoded := c.Fields.Email, c.Fields.Password
		row := rowOf[email]
		if row == nil {
			t.Errorf("%s has no row in passwords.csv", email)
			continue
		}
		want := (row[2] == "yes" || !c.Fields.IsActive) && email != "argon2d@example.com"
		got, err := password.Verify(encoded, row[1])
		if got != want || got && err != nil {
			t.Errorf("%s: Verify = %v, %v, want %v", email, got, err, want)
		}
		if got {
			good[password.Format(encoded)]++
		}
		if wantErr := refusals[email]; !errors.Is(err, wantErr) {
			t.Errorf("%s: Verify = %v, want %v", email, err, wantErr)
		}
	}
	want := map[string]int{"pbkdf2_sha256": 17, "pbkdf2_sha1": 2, "argon2id": 3, "argon2i": 2, "bcrypt_sha256": 4,
		"bcrypt": 3, "scrypt": 3}
	if !maps.Equal(good, want) {
		t.Errorf("good passwords by format: %v, want %v", good, want)
	}
}

// refusals says why some of Django's customers cannot be checked.
var refusals = map[string]error{
	"argon2d@example.com":              password.ErrArgon2d,
	"empty@example.com":                password.ErrUnknownFormat,
	"malformed-plain@example.com":      password.ErrUnknownFormat,
	"malformed-algorithm@example.com":  password.ErrUnknownFormat,
	"malformed-md5@example.com":        password.ErrUnknownFormat,
	"malformed-sha1@example.com":       password.ErrUnknownFormat,
	"malformed-parts@example.com":      password.ErrMalformed,
	"malformed-iterations@example.com": password.ErrMalformed,
	"malformed-cut@example.com":        password.ErrMalformed,
}

// simplejwt 5.5 accepted a token if and only if its claim is the RevokeClaim of the hash.
func TestRevokeClaimIsAsRecorded(t *testing.T) {
	var cases []struct {
		Name     string
		Settings map[string]any
		Setup    json.RawMessage
		Tokens   []struct{ Claims map[string]any }
		Steps    []struct{ Response struct{ Status any } }
	}
	readJSON(t, "5.5/revocation.json", &cases)
	found := 0
	for _, c := range cases {
		var customers []struct {
			ID           int
			PasswordHash string `json:"password_hash"`
		}
		if json.Unmarshal(c.Setup, &customers) != nil || c.Settings["CHECK_REVOKE_TOKEN"] != true ||
			len(c.Tokens) != 1 || c.Settings["REVOKE_TOKEN_CLAIM"] != nil {
			continue
		}
		claim, _ := c.Tokens[0].Claims["hash_password"].(string)
		status, _ := c.Steps[0].Response.Status.(float64)
		if claim == "" || len(customers) == 0 || customers[0].PasswordHash == "" ||
			c.Tokens[0].Claims["user_id"] != float64(customers[0].ID) ||
			c.Tokens[0].Claims["token_type"] != "access" {
			continue
		}
		found++
		if got := password.RevokeClaim(customers[0].PasswordHash); (got == claim) != (status == 200) {
			t.Errorf("%s: RevokeClaim(%q) = %q, the token's is %q and was answered with %v", c.Name,
				customers[0].PasswordHash, got, claim, status)
		}
		if good, err := password.Verify(customers[0].PasswordHash, "correct horse 1"); !good || err != nil {
			t.Errorf("%s: Verify = %v, %v, want true", c.Name, good, err)
		}
	}
	if found < 3 {
		t.Errorf("%d recordings compare a claim, want at least 3", found)
	}
}
