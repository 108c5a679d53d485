package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const djangoFiles = "../../../testdata/conformance/django/"

// TestDjangoCustomers imports the dump of a real Django. Each customer logs in with the password that it had there, or
// does not, before and after its hash is made anew, and what comes out is what went in.
func TestDjangoCustomers(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		// flags have an export write the last of the files as it was.
		flags []string
	}{
		{"primary keys", []string{"customers.json"}, []string{"--primary-keys", "--no-groups"}},
		{"natural keys", []string{"groups.json", "customers-natural.json"}, []string{"--no-groups"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var files []string
			for _, f := range c.files {
				files = append(files, djangoFiles+f)
			}
			want, err := os.ReadFile(files[len(files)-1])
			if err != nil {
				t.Fatal(err)
			}
			here, there := newMove(t), newMove(t)
			here.imports("45 added, 0 updated, 0 unchanged", files...)
			out := here.exports(c.flags...)
			if !bytes.Equal(out, want) {
				t.Errorf("the export is not what was imported:\n%s", out)
			}
			again := filepath.Join(t.TempDir(), "again.json")
			if err := os.WriteFile(again, out, 0o600); err != nil {
				t.Fatal(err)
			}
			there.imports("45 added, 0 updated, 0 unchanged", again)
			if back := there.exports(c.flags...); !bytes.Equal(back, out) {
				t.Errorf("the export of the export is another one:\n%s", back)
			}
			here.imports("0 added, 0 updated, 45 unchanged", files...)

			n := startProcess(t, here.data, os.Stderr, "EDGETOKEN_LOG_LEVEL=error")
			n.ready(t)
			before := here.kinds()
			here.logIns(n)
			for email, now := range here.kinds() {
				want := before[email]
				if here.logsIn(email) || email == "pbkdf2-inactive@example.com" { // its password is right
					want = "argon2id"
				}
				if now != want {
					t.Errorf("after the log-in the hash of %s is %s, want %s", email, now, want)
				}
			}
			here.logIns(n)
			here.imports("0 added, 0 updated, 45 unchanged", files...)
			n.end(t)
		})
	}
}

// move is a data directory into which customers move.
type move struct {
	*testing.T
	data      string
	passwords [][]string // rows of passwords.csv: email, password, logs_in
}

func newMove(t *testing.T) *move {
	t.Helper()
	f, err := os.Open(djangoFiles + "passwords.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 46 {
		t.Fatalf("passwords.csv has %d rows, %v", len(rows), err)
	}
	return &move{t, filepath.Join(t.TempDir(), "data"), rows[1:]}
}

// run runs a command on the data directory, through the node if one runs.
func (m *move) run(args ...string) (stdout []byte) {
	m.Helper()
	c := exec.Command("edgetoken", append(args, "--data", m.data)...)
	c.Env = append(os.Environ(), "EDGETOKEN_ENGINE=native")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		m.Fatalf("%q: %v: %s", args, err, &errs)
	}
	return out
}

func (m *move) imports(want string, files ...string) {
	m.Helper()
	if out := m.run(append([]string{"customers", "import"}, files...)...); !bytes.Contains(out, []byte(want)) {
		m.Errorf("the import prints %s, want %s", out, want)
	}
}

func (m *move) exports(flags ...string) []byte {
	m.Helper()
	return m.run(append([]string{"customers", "export"}, flags...)...)
}

// kinds are how the passwords are kept, by e-mail address.
func (m *move) kinds() map[string]string {
	m.Helper()
	var page struct {
		Customers []struct {
			Email string
			Kind  string `json:"password_kind"`
		}
	}
	if err := json.Unmarshal(m.run("customers", "list", "--json"), &page); err != nil {
		m.Fatal(err)
	}
	kinds := map[string]string{}
	for _, c := range page.Customers {
		kinds[c.Email] = c.Kind
	}
	return kinds
}

// logsIn reports whether a customer logs in with its password: as with Django, which also checks argon2d.
func (m *move) logsIn(email string) bool {
	for _, row := range m.passwords {
		if row[0] == email {
			return row[2] == "yes" && email != "argon2d@example.com"
		}
	}
	m.Fatalf("passwords.csv has no %s", email)
	return false
}

// logIns has every customer try its password.
func (m *move) logIns(n *running) {
	m.Helper()
	for _, row := range m.passwords {
		body, err := json.Marshal(map[string]string{"email": row[0], "password": row[1]})
		if err != nil {
			m.Fatal(err)
		}
		r, err := http.Post(n.url+"/auth/token/", "application/json", bytes.NewReader(body))
		if err != nil {
			m.Fatal(err)
		}
		r.Body.Close()
		want := http.StatusUnauthorized
		if m.logsIn(row[0]) {
			want = http.StatusOK
		}
		if r.StatusCode != want {
			m.Errorf("%s logs in with status %d, want %d", row[0], r.StatusCode, want)
		}
	}
}
