package client_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestDependencies: a program that embeds the client gets two modules beside this one, and none that a node needs.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	want := []string{"golang.org/x/sys/unix", "github.com/gofrs/flock", "github.com/edgetoken/edgetoken/host/client"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("packages %q, want %q", got, want)
	}
}
