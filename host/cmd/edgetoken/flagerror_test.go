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
		if exit != 2 || strings.Contains(errs, "strconv") || !strings.Contains(errs, `not "1.5x"`) || strings.Contains(errs, "another value") {
			t.Errorf("%q exits with %d and says %s", line, exit, errs)
		}
	}
}
