package core_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// Ids are read as Python's int() reads them, and as str() where they are texts.
func TestCustomerKey(t *testing.T) {
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	none := core.CustomerID{}
	for _, c := range []struct {
		claim         string
		integer, text core.CustomerID
	}{
		{`7`, core.Integer(7), core.Text("7")},
		{`"7"`, core.Integer(7), core.Text("7")},
		{`-7`, core.Integer(-7), core.Text("-7")},
		{`" 7 "`, core.Integer(7), core.Text(" 7 ")},
		{`"+7"`, core.Integer(7), core.Text("+7")},
		{`"\u00a07\u2003"`, core.Integer(7), core.Text("\u00a07\u2003")},
		{`"\u00a07\u001f"`, none, core.Text("\u00a07\u001f")},
		{`"7\u001c"`, none, core.Text("7\u001c")},
		{`"1_000"`, core.Integer(1000), core.Text("1_000")},
		{`"００７"`, core.Integer(7), core.Text("００７")},
		{`"٧"`, core.Integer(7), core.Text("٧")},
		{`1.9`, core.Integer(1), core.Text("1.9")},
		{`-1.9`, core.Integer(-1), core.Text("-1.9")},
		{`1e3`, core.Integer(1000), core.Text("1000.0")},
		{`1.50`, core.Integer(1), core.Text("1.5")},
		{`-0`, core.Integer(0), core.Text("0")},
		{`-0.0`, core.Integer(0), core.Text("-0.0")},
		{`1E300`, none, core.Text("1e+300")},
		{`1e16`, core.Integer(10000000000000000), core.Text("1e+16")},
		{`1e15`, core.Integer(1000000000000000), core.Text("1000000000000000.0")},
		{`0.0001`, core.Integer(0), core.Text("0.0001")},
		{`1e-5`, core.Integer(0), core.Text("1e-05")},
		{`1e400`, none, core.Text("inf")},
		{`-1e400`, none, core.Text("-inf")},
		{`true`, core.Integer(1), core.Text("True")},
		{`false`, core.Integer(0), core.Text("False")},
		{`9223372036854775806`, core.Integer(9223372036854775806), core.Text("9223372036854775806")},
		{`9223372036854775807`, core.Integer(9223372036854775807), core.Text("9223372036854775807")},
		{`"9223372036854775807"`, core.Integer(9223372036854775807), core.Text("9223372036854775807")},
		{`-9223372036854775807`, core.Integer(-9223372036854775807), core.Text("-9223372036854775807")},
		{`-9223372036854775808`, core.Integer(-9223372036854775808), core.Text("-9223372036854775808")},
		{`"-9223372036854775808"`, core.Integer(-9223372036854775808), core.Text("-9223372036854775808")},
		{`-9223372036854775808.0`, core.Integer(-9223372036854775808), core.Text("-9.223372036854776e+18")},
		{`9223372036854775807.0`, none, core.Text("9.223372036854776e+18")},
		{`9007199254740993`, core.Integer(9007199254740993), core.Text("9007199254740993")},
		{`9223372036854775808`, none, core.Text("9223372036854775808")},
		{`-9223372036854775809`, none, core.Text("-9223372036854775809")},
		{`null`, none, none},
		{`[7]`, none, none},
		{`{"id":7}`, none, none},
		{`""`, none, core.Text("")},
		{`" "`, none, core.Text(" ")},
		{`"abc"`, none, core.Text("abc")},
		{`"7.0"`, none, core.Text("7.0")},
		{`"0x7"`, none, core.Text("0x7")},
		{`"_7"`, none, core.Text("_7")},
		{`"7_"`, none, core.Text("7_")},
		{`"1__0"`, none, core.Text("1__0")},
		{`"- 7"`, none, core.Text("- 7")},
		{`"--7"`, none, core.Text("--7")},
		{`"²"`, none, core.Text("²")},
	} {
		o := open(t, e, coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"user_id":`+c.claim+`}`))
		if got, ok := o.CustomerKey(core.IntegerID); got != c.integer || ok == c.integer.IsZero() {
			t.Errorf("%s as an integer is %v, %v; want %v", c.claim, got, ok, c.integer)
		}
		if got, ok := o.CustomerKey(core.TextID); got != c.text || ok == c.text.IsZero() {
			t.Errorf("%s as a text is %v, %v; want %v", c.claim, got, ok, c.text)
		}
	}
}
