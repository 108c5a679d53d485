package password_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

func TestPolicyFaults(t *testing.T) {
	const (
		common  = "This password is too common."
		short   = "This password is too short. It must contain at least 8 characters."
		one     = "This password is too short. It must contain at least 1 character."
		long    = "This password is too long. It must contain at most 4096 bytes."
		blanked = "This password begins or ends with white space, which a log-in by the API leaves out."
	)
	for _, c := range []struct {
		least    int
		password string
		want     []string
	}{
		{8, "correct horse 1", nil},
		{8, "ünïcödé", []string{short}},
		{8, "ünïcödéé", nil},
		{8, "password", []string{common}},
		{8, "PassWord", []string{common}},
		{8, "password\x1f", []string{common, blanked}},
		{8, " trustno1 ", []string{common, blanked}},
		{8, "123456", []string{short, common}},
		{0, "йцукен", []string{common}},
		{0, "ЙЦУКЕН", []string{common}},
		{1, "", []string{one}},
		{0, "", nil},
		{8, " correct horse 1", []string{blanked}},
		{8, "correct horse 1\u2003", []string{blanked}},
		{8, strings.Repeat("x", password.MaxBytes), nil},
		{8, strings.Repeat("x", password.MaxBytes+1), []string{long}},
	} {
		if got := (password.Policy{MinLength: c.least}).Faults(c.password); !slices.Equal(got, c.want) {
			t.Errorf("Faults(%.20q) with at least %d = %q, want %q", c.password, c.least, got, c.want)
		}
	}
}

// TestIsCommon finds each password of the list, and nothing beside one.
func TestIsCommon(t *testing.T) {
	text, err := os.ReadFile("common.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 19_640 || !slices.IsSorted(lines) {
		t.Fatalf("the list has %d passwords, sorted %v; want 19640", len(lines), slices.IsSorted(lines))
	}
	for i, line := range lines {
		if !password.IsCommon(line) {
			t.Errorf("%q is not common", line)
		}
		if beside := line + "\x7f"; password.IsCommon(beside) {
			t.Errorf("%q is common", beside)
		}
		if i > 0 && lines[i-1] == line || strings.TrimSpace(line) != line || strings.ToLower(line) != line {
			t.Errorf("%q is no line of the list", line)
		}
	}
	for _, other := range []string{"", "\n", "password\npassword1", "~~~~~~~~", "яяяяяяяяя", "\x00"} {
		if password.IsCommon(other) {
			t.Errorf("%q is common", other)
		}
	}
}

func BenchmarkIsCommon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		password.IsCommon("correct horse 1")
	}
}
