package abi_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
)

// TestCauses: a number never changes its meaning, every cause has one, and both sides read what the other writes.
func TestCauses(t *testing.T) {
	golden, err := os.ReadFile("testdata/causes.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	seen := map[cause.Cause]bool{}
	for number, want := range lines {
		message := make([]byte, abi.InspectedBytes)
		message[28], message[24] = byte(number), 1
		read, ok := abi.ReadInspected(message, 1, 1)
		c := read.Cause
		if got := fmt.Sprintf("%d %v", number, c); !ok || got != want || seen[c] {
			t.Errorf("number %d is read as %s, %v; want %s", number, got, ok, want)
		}
		seen[c] = true
		if got := abi.AppendOpened(nil, &core.Opened{Cause: c})[0]; int(got) != number {
			t.Errorf("%v is written as %d, want %d", c, got, number)
		}
	}
	for c := cause.OK; c.String() != "unknown"; c++ {
		if !seen[c] {
			t.Errorf("%v has no number in testdata/causes.txt", c)
		}
	}
	// Two causes have one name.
	if got := abi.AppendOpened(nil, &core.Opened{Cause: cause.InactiveAccount})[0]; got != 36 {
		t.Errorf("InactiveAccount is written as %d, want 36", got)
	}
}
