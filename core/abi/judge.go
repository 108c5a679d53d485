package abi

import (
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/codec"
)

// Judging is the message of Judge: whether the token that was accepted last is good, by core.Judge. It is for hosts
// that check signatures and leave all else to the guest. It knows no revocation. By a clock that is not core.Plausible
// the answer is cause.BadClock, whatever the token says.
//
//	u64 nonce (that was accepted) | i64 now (Unix µs) | text type (access or sliding) | texts required claims
//
// May the token with the nonce 9 be used as an access token at 2026-01-01, whatever its claims?
//
//	09 00 00 00 00 00 00 00 | 00 40 20 46 48 47 06 00 | 06 00 61 63 63 65 73 73 | 00 00
type Judging struct {
	Nonce    uint64
	Now      time.Time
	Type     core.TokenType
	Required []string
}

// Append appends the encoding to b.
func (j *Judging) Append(b []byte) []byte {
	b = codec.I64(codec.U64(b, j.Nonce), j.Now.UnixMicro())
	return codec.Texts(codec.Text(b, string(j.Type)), j.Required)
}

// ReadJudging reads the message. It keeps nothing of b.
func ReadJudging(b []byte) (j Judging, ok bool) {
	r := &codec.Reader{Rest: b}
	j.Nonce, j.Now = r.U64(), time.UnixMicro(r.I64()).UTC()
	j.Type, j.Required = readType(r), r.Texts()
	return j, r.Done() && (j.Type == core.AccessToken || j.Type == core.SlidingToken)
}

// JudgedBytes is the size of the answer to Judge: u8 cause. Expired, for one, is
//
//	0f
const JudgedBytes = 1

// AppendJudged appends the answer to b.
func AppendJudged(b []byte, c cause.Cause) []byte { return append(b, numbers[c]) }

// ReadJudged reads the answer.
func ReadJudged(b []byte) (c cause.Cause, ok bool) {
	if len(b) < JudgedBytes {
		return cause.OK, false
	}
	return causeOf(b[0])
}
