package socket_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/host/admin/socket"
)

func TestMayServe(t *testing.T) {
	const root, ana, bob = 0, 1000, 1001
	for _, c := range []struct {
		name             string
		uid, self, owner int
		want             bool
	}{
		{"oneself", ana, ana, ana, true},
		{"root, for a user", root, ana, ana, true},
		{"root, for root", root, root, root, true},
		{"the owner of the directory, for root", ana, root, ana, true},
		{"another user", bob, ana, ana, false},
		{"the owner of the directory, for another user", bob, ana, bob, false},
		{"another user than the owner, for root", bob, root, ana, false},
		{"another user than root, in root's directory, for root", bob, root, root, false},
	} {
		if got := socket.MayServe(c.uid, c.self, c.owner); got != c.want {
			t.Errorf("%s: mayServe(%d, %d, %d) = %v, want %v", c.name, c.uid, c.self, c.owner, got, c.want)
		}
	}
}
