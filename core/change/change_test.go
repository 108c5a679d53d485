package change_test

import (
	"reflect"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
)

// What each change ends (R3, R4, R5), spelled out a second time: a change that ends less lets tokens live on.
func TestEnds(t *testing.T) {
	id := core.Integer(7)
	logins := core.Effect{Kind: core.EndLogins, Customer: id}
	address := core.Effect{Kind: core.EndAddress, Customer: core.Text("ada@example.com")}
	for _, c := range []struct {
		name string
		of   change.Change
		want []core.Effect
	}{
		{"nothing", 0, []core.Effect{}},
		{"log out everywhere (R3)", change.LogOut, []core.Effect{logins}},
		{"password (R5)", change.Password, []core.Effect{logins}},
		{"disable (R4)", change.Disable, []core.Effect{logins}},
		{"enable (R4)", change.Enable, []core.Effect{logins}},
		{"remove (R4)", change.Remove, []core.Effect{logins, address}},
		{"address (R4)", change.Address, []core.Effect{address}},
		{"log all out (R3)", change.LogOutAll, []core.Effect{{Kind: core.EndAll}}},
		{"unknown", change.LogOutAll + 1, nil},
	} {
		if got := c.of.Ends(id, "ada@example.com"); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: ends %+v, want %+v", c.name, got, c.want)
		}
	}
}
