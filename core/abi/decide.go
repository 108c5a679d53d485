package abi

import (
	"encoding/binary"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// AppendRequest appends the message of Prepare and Decide:
//
//	u8 op | i64 now (Unix µs) | Opened (fixed, see AppendOpened) | text issuer | bytes claims |
//	customer id | customer user id | u8 active | text revoke claim | u64 version | u8 password good |
//	u8 unreadable customer | u64 family version | u8 dead | i64 cut-off (ms) | i64 high-water mark (ms) | i64 longest (s) | bytes extra | bytes entropy
//
// A customer's id is u8 kind (0 none, 1 integer, 2 text), then i64 or text. A log-in (op 3) at 2026-01-01 begins
//
//	03 | 00 40 20 46 48 47 06 00 | …
func AppendRequest(b []byte, q *core.Request) []byte {
	b = append(b, byte(q.Op))
	b = codec.I64(b, q.Now.UnixMicro())
	b = AppendOpened(b, &q.Opened)
	b = codec.Text(b, q.Opened.Issuer)
	b = codec.Bytes(b, q.Opened.Claims)
	c := &q.State.Customer
	b = core.AppendCustomer(b, c.ID)
	b = core.AppendCustomer(b, c.UserID)
	b = codec.Bool(b, c.Active)
	b = codec.Text(b, c.RevokeClaim)
	b = codec.U64(b, c.Version)
	b = codec.Bool(b, q.State.PasswordGood)
	b = codec.Bool(b, q.State.UnreadableCustomer)
	b = codec.U64(b, q.State.Family.Version)
	b = codec.Bool(b, q.State.Family.Dead)
	b = codec.I64(b, q.State.CutOff)
	b = codec.I64(b, q.State.HighWater)
	b = codec.I64(b, q.State.Longest)
	b = codec.Bytes(b, q.Extra)
	return codec.Bytes(b, q.Entropy)
}

// ReadRequest reads the message. Claims, Extra and Entropy stay part of b. The token may have been opened under an older key set.
func ReadRequest(b []byte) (q core.Request, ok bool) {
	r := &codec.Reader{Rest: b}
	q.Op = core.Op(r.U8())
	q.Now = time.UnixMicro(r.I64()).UTC()
	claims, good := ReadOpened(r.Take(OpenedBytes), &q.Opened)
	q.Opened.Issuer = r.Text()
	q.Opened.Claims = r.Bytes()
	c := &q.State.Customer
	c.ID = core.ReadCustomer(r)
	c.UserID = core.ReadCustomer(r)
	c.Active = r.Bool()
	c.RevokeClaim = r.Text()
	c.Version = r.U64()
	q.State.PasswordGood = r.Bool()
	q.State.UnreadableCustomer = r.Bool()
	q.State.Family.Version = r.U64()
	q.State.Family.Dead = r.Bool()
	q.State.CutOff = r.I64()
	q.State.HighWater = r.I64()
	q.State.Longest = r.I64()
	q.Extra = r.Bytes()
	q.Entropy = r.Bytes()
	return q, r.Done() && good && claims == len(q.Opened.Claims) && q.Op.Known()
}

// AppendOutcome appends the answer to Decide, and with inputs instead of values the first part of that to Prepare:
//
//	u8 count | count × (u8 cause | text class) | u8 count | count × (text type | bytes value) | bytes effects
//
// A refusal of an expired access token in a header, without effects of its own:
//
//	01 | 0d | 06 00 61 63 63 65 73 73 | 00 | …
func AppendOutcome(b []byte, o *core.Outcome) []byte {
	values := make([][]byte, len(o.Tokens))
	for i, t := range o.Tokens {
		values[i] = []byte(t.Value)
	}
	return appendOutcome(b, o, values)
}

func appendOutcome(b []byte, o *core.Outcome, values [][]byte) []byte {
	b = append(b, byte(len(o.Refusals)))
	for _, f := range o.Refusals {
		b = append(b, byte(f.Cause))
		b = codec.Text(b, string(f.Class))
	}
	b = append(b, byte(len(o.Tokens)))
	for i, t := range o.Tokens {
		b = codec.Text(b, string(t.Type))
		b = codec.Bytes(b, values[i])
	}
	effects, _ := o.Effects.AppendBinary(nil)
	return codec.Bytes(b, effects)
}

// ReadOutcome reads the answer to Decide; it keeps nothing of b.
func ReadOutcome(b []byte) (core.Outcome, bool) {
	r := &codec.Reader{Rest: b}
	o, values, ok := readOutcome(r)
	for i := range o.Tokens {
		o.Tokens[i].Value = string(values[i])
	}
	return o, ok && r.Done()
}

func readOutcome(r *codec.Reader) (o core.Outcome, values [][]byte, ok bool) {
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		f := core.Refusal{Cause: core.Cause(r.U8()), Class: core.TokenType(r.Text())}
		if f.Cause == core.OK || !f.Cause.Known() {
			return o, nil, false
		}
		o.Refusals = append(o.Refusals, f)
	}
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		o.Tokens = append(o.Tokens, core.Token{Type: core.TokenType(r.Text())})
		values = append(values, append([]byte(nil), r.Bytes()...))
	}
	effects := r.Bytes()
	return o, values, !r.Bad && o.Effects.UnmarshalBinary(effects) == nil
}

// AppendPrepared appends the answer to Prepare: an outcome with signing inputs as the values of its tokens, then u32 key.
func AppendPrepared(b []byte, p *core.Prepared) []byte {
	b = appendOutcome(b, &p.Outcome, p.Inputs)
	return codec.U32(b, uint32(int32(p.Key)))
}

// ReadPrepared reads the answer to Prepare for a key set of that many keys; it keeps nothing of b.
func ReadPrepared(b []byte, keys int) (core.Prepared, bool) {
	r := &codec.Reader{Rest: b}
	o, inputs, ok := readOutcome(r)
	p := core.Prepared{Outcome: o, Inputs: inputs, Key: int(int32(r.U32()))}
	return p, ok && r.Done() && p.Key >= -1 && p.Key < keys && (p.Key >= 0 || len(inputs) == 0)
}

// AppendFramed appends u32 size and then what encode appends: an answer of any size, as Prepare and Decide give it. `Hi`:
//
//	02 00 00 00 | 48 69
func AppendFramed(b []byte, encode func([]byte) []byte) []byte {
	at := len(b)
	b = encode(codec.U32(b, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// ReadFramed is the answer that AppendFramed put at the start of an area.
func ReadFramed(area []byte) ([]byte, bool) {
	r := &codec.Reader{Rest: area}
	b := r.Bytes()
	return b, !r.Bad
}
