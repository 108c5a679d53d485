package coretest

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// testFamilies: each token has the family that its own id names, whatever token was opened before it in the same room.
func testFamilies(t *testing.T, newEngine NewEngine) {
	e := newEngine(t, core.DefaultSettings(), OneKey())
	id := func(json string) string { return token(`{"iat":1,"jti":` + json + `}`) }
	foreign := func(id string) core.Family {
		f := core.FamilyOf(id)
		f.Start = 1000
		return f
	}
	none := core.Family{Start: 1000}
	var o core.Opened
	for range 2 {
		for _, c := range []struct {
			token string
			cause cause.Cause
			want  core.Family
		}{
			{id(`"` + AccessID + `"`), cause.OK, core.FamilyOf(AccessID)},
			{id(`"` + refreshID + `"`), cause.OK, core.FamilyOf(refreshID)},
			{id(`"a"`), cause.OK, foreign("a")},
			{id(`"b"`), cause.OK, foreign("b")},
			{id(`7`), cause.OK, foreign("7")},
			{id(`true`), cause.OK, foreign("True")},
			{id(`null`), cause.OK, none},
			{id(`["a"]`), cause.OK, none},
			{id(`"a"`) + "x", cause.BadSignature, core.Family{}},
		} {
			if err := e.Open(t.Context(), []byte(c.token), &o); err != nil || o.Cause != c.cause {
				t.Fatalf("Open(%s) = %v, %v", c.token, o.Cause, err)
			}
			if got := o.FamilyAt(Now); got != c.want {
				t.Errorf("the family of %s is %+v before it was read, want %+v", o.Claims, got, c.want)
			}
			o.ReadFamily()
			known := o.KnownFamily()
			if o.Family() != c.want || o.FamilyAt(Now) != c.want || (known != nil) != c.want.Listed ||
				known != nil && *known != c.want {
				t.Errorf("the family of %s is %+v once it was read, want %+v", o.Claims, known, c.want)
			}
		}
	}
}
