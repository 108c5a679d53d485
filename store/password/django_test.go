package password_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// Django 1.4 to 5.2 stored these hashes. Each in a format that Verify reads fits its password and no other.
func TestDjangoCustomers(t *testing.T) {
	var customers []struct {
		Fields struct{ Email, Password string }
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
	passwords := map[string]string{} // by e-mail address
	for _, row := range rows {
		passwords[row[0]] = row[1]
	}
	read := map[string]int{}
	for _, c := range customers {
		email, encoded := c.Fields.Email, c.Fields.Password
		plain, ok := passwords[email]
		if !ok {
			t.Errorf("%s has no password in passwords.csv", email)
			continue
		}
		format, _, _ := strings.Cut(encoded, "$")
		if strings.HasPrefix(encoded, "argon2$argon2id$") {
			format = "argon2id"
		}
		good, err := password.Verify(encoded, plain)
		switch {
		case email == "malformed-parts@example.com", email == "malformed-iterations@example.com",
			email == "malformed-cut@example.com":
			if good || !errors.Is(err, password.ErrMalformed) {
				t.Errorf("%s: Verify = %v, %v, want %v", email, good, err, password.ErrMalformed)
			}
		case format == "pbkdf2_sha256" || format == "argon2id":
			read[format]++
			if !good || err != nil {
				t.Errorf("%s: Verify = %v, %v, want true", email, good, err)
			}
		case !password.IsUsable(encoded):
			if good || err != nil {
				t.Errorf("%s: Verify = %v, %v, want false", email, good, err)
			}
		default:
			if good || !errors.Is(err, password.ErrUnknownFormat) {
				t.Errorf("%s: Verify = %v, %v, want %v", email, good, err, password.ErrUnknownFormat)
			}
		}
	}
	if read["pbkdf2_sha256"] != 17 || read["argon2id"] != 3 {
		t.Errorf("read %v hashes, want 17 of pbkdf2_sha256 and 3 of argon2id", read)
	}
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
