package main_test

import (
	"strings"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
)

// TestFlagErrors holds every flag of every command to say in words what it takes.
func TestFlagErrors(t *testing.T) {
	lines := edgetoken.BadFlags()
	if len(lines) < 20 {
		t.Errorf("only %d flags take a number or a boolean", len(lines))
	}
	for _, line := range lines {
		_, errs, exit := edgetoken.Run("", line...)
		if exit != 2 || strings.Contains(errs, "strconv") || !strings.Contains(errs, `not "1.5x"`) ||
			strings.Contains(errs, "another value") {
			t.Errorf("%q exits with %d and says %s", line, exit, errs)
		}
	}
}

// TestWholeNumbers: a number in another form than digits is none, rather than another number.
func TestWholeNumbers(t *testing.T) {
	for _, text := range []string{"010", "0x10", "0b11", "1_0", "+5", "1e1", " 5", "５", "9223372036854775808"} {
		_, errs, exit := edgetoken.Run("", "customers", "list", "--limit", text, "--data", t.TempDir())
		if exit != 2 || !strings.Contains(errs, "--limit must be a whole number") {
			t.Errorf("--limit %s exits with %d and says %s", text, exit, errs)
		}
	}
}

// TestEmptyFlags: what a shell makes of a variable that is not set is no wish of anybody.
func TestEmptyFlags(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ line, want string }{
		{"customers add a@example.com --no-password --id=", "--id is empty"},
		{"token revoke --all --yes --customer=", "--all ends every log-in"},
		{"token revoke --all --yes --family=", "--all ends every log-in"},
		{"customers set 7 --attributes=", "--attributes must be a JSON object"},
		{`customers set 7 --attributes={"a":1,"a":2}`, "--attributes cannot stand in tokens: at a is there twice"},
		{`customers set 7 --attributes={"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
			"nests deeper than 64 levels"},
		{"customers set 7 --first-name=\xff", "--first-name is not UTF-8"},
		{`customers set 7 --attributes={"a":"\ud83d"}`,
			"--attributes cannot stand in tokens: at a has half of a surrogate pair"},
	} {
		_, errs, exit := edgetoken.Run("", append(strings.Fields(c.line), "--data", dir)...)
		if exit != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%s exits with %d and says %s", c.line, exit, errs)
		}
	}
}
