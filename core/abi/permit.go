package abi

import (
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/core/permission"
)

// Question is the message of Permit: the arguments of permission.Rule.Decide. Permit needs no Configure before it.
//
//	u8 rule | u8 authenticated | u8 active | u8 staff | u8 superuser | text method | text model |
//	u16 count | count × text right
//
// By DjangoModelPermissions (rule 4), may an active caller POST to customers.customer? That question begins
//
//	04 | 01 01 00 00 | 04 00 50 4f 53 54 | 12 00 63 75 73 74 6f 6d …
type Question struct {
	Rule          permission.Rule
	Method, Model string
	Caller        permission.Caller
}

// Append appends the encoding to b.
func (q *Question) Append(b []byte) []byte {
	c := &q.Caller
	b = append(b, byte(q.Rule))
	for _, v := range []bool{c.Authenticated, c.Active, c.Staff, c.Superuser} {
		b = codec.Bool(b, v)
	}
	b = codec.Text(b, q.Method)
	b = codec.Text(b, q.Model)
	return codec.Texts(b, c.Rights)
}

// ReadQuestion reads the message. It keeps nothing of b.
func ReadQuestion(b []byte) (q Question, ok bool) {
	r := &codec.Reader{Rest: b}
	q.Rule = permission.Rule(r.U8())
	c := &q.Caller
	for _, v := range []*bool{&c.Authenticated, &c.Active, &c.Staff, &c.Superuser} {
		*v = r.Bool()
	}
	q.Method, q.Model, c.Rights = r.Text(), r.Text(), r.Texts()
	return q, r.Done() && q.Rule.Known()
}

// VerdictBytes is the size of the answer to Permit: u8 verdict. MethodNotAllowed, for one, is
//
//	03
const VerdictBytes = 1

// AppendVerdict appends the answer to b.
func AppendVerdict(b []byte, v permission.Verdict) []byte { return append(b, byte(v)) }

// ReadVerdict reads the answer. If ok is false, the verdict is Forbidden.
func ReadVerdict(b []byte) (v permission.Verdict, ok bool) {
	if len(b) < VerdictBytes || !permission.Verdict(b[0]).Known() {
		return permission.Forbidden, false
	}
	return permission.Verdict(b[0]), true
}
