package node

import (
	"bytes"
	"errors"
	"net/netip"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// This file is what nodes of a fleet say to each other about requests. All integers are little-endian; texts have their
// length before them in 2 bytes, bytes in 4.

// messageVersion is the first byte of each message. A node answers no other version.
const messageVersion = 1

// Calls are what an edge asks of the hub.
const (
	CallLogoutAll byte = 1 // all log-ins of a customer end
	CallPassword  byte = 2 // a customer gets a new password
	CallSessions  byte = 3 // log-ins by tokens of a customer
	CallEndListed byte = 4 // one of these ends
)

// errMessage says that bytes are no message of this version.
var errMessage = errors.New("message: malformed or of another version")

// appendRefresh appends the question to the home of a family, which is asked to refresh a token:
//
//	u8 version 1 | bytes token
//
// as for the token "a.b.c"
//
//	01 | 05 00 00 00 61 2e 62 2e 63
func appendRefresh(b []byte, token string) []byte {
	return codec.Bytes(append(b, messageVersion), []byte(token))
}

// readRefresh reads the question.
func readRefresh(b []byte) (token string, err error) {
	r := begin(b)
	token = readBytes(r, core.MaxTokenBytes+1)
	return token, end(r)
}

// logoutAll asks that all log-ins of the customer end whose access token it has.
//
//	u8 version 1 | bytes token
type logoutAll struct{ token string }

func (m logoutAll) append(b []byte) []byte {
	return codec.Bytes(append(b, messageVersion), []byte(m.token))
}

func readLogoutAll(b []byte) (m logoutAll, err error) {
	r := begin(b)
	m.token = readToken(r)
	return m, end(r)
}

// newPassword asks for a new password of the customer with an e-mail address. Client is the network of whoever asks.
//
//	u8 version 1 | text e-mail | bytes current | bytes next | text client, such as 192.0.2.0/24, empty if unknown
type newPassword struct {
	email, current, next string
	client               netip.Prefix
}

func (m newPassword) append(b []byte) []byte {
	b = codec.Text(append(b, messageVersion), m.email)
	b = codec.Bytes(codec.Bytes(b, []byte(m.current)), []byte(m.next))
	if !m.client.IsValid() {
		return codec.Text(b, "")
	}
	return codec.Text(b, m.client.String())
}

func readNewPassword(b []byte) (m newPassword, err error) {
	r := begin(b)
	m.email = r.Text()
	m.current, m.next = readBytes(r, password.MaxBytes+1), readBytes(r, password.MaxBytes+1)
	if text := r.Text(); text != "" {
		m.client, err = netip.ParsePrefix(text)
		r.Bad = r.Bad || err != nil || m.client.String() != text
	}
	return m, end(r)
}

// answer is what the home of a family or the hub answers.
type answer struct {
	// fault is why there is none; nil: the rest counts.
	fault    error
	outcome  core.Outcome // without effects: they are settled
	repeated bool         // Result.Repeated
	// cutOff is that of the customer once all its log-ins ended, in Unix milliseconds; 0: none did.
	cutOff int64
}

// faults are the errors of another node by their numbers, which never change their meaning: append. Number 0 stands for
// any other error.
var faults = [...]error{
	1: errNotMine, 2: ErrUnleased, 3: ErrUnconfirmed, 4: core.ErrStale, 5: core.ErrClock, 6: ErrBusy,
	7: store.ErrUnavailable, 8: store.ErrOutboxFull, 9: hashing.ErrFailed, 10: core.ErrSigner, 11: core.ErrKeyEnded,
	12: errMessage, 13: store.ErrInvalid, 14: store.ErrNotFound,
}

// append appends the encoding:
//
//	u8 version 1 | u8 1 | u8 repeated | i64 cut-off (ms) | outcome (abi.AppendOutcome), or
//	u8 version 1 | u8 0 | u8 number of the fault
//
// The answer of a node without a lease is
//
//	01 | 00 | 02
func (a answer) append(b []byte) []byte {
	b = append(b, messageVersion)
	if a.fault != nil {
		number := 0
		for i, f := range faults {
			if f != nil && errors.Is(a.fault, f) {
				number = i
				break
			}
		}
		return append(b, 0, byte(number))
	}
	b = codec.I64(codec.Bool(append(b, 1), a.repeated), a.cutOff)
	o := core.Outcome{Refusals: a.outcome.Refusals, Tokens: a.outcome.Tokens}
	return abi.AppendOutcome(b, &o)
}

func readAnswer(b []byte) (a answer, err error) {
	r := begin(b)
	if decided := r.Bool(); !decided {
		number := int(r.U8())
		a.fault = errUnknownFault
		if number < len(faults) && faults[number] != nil {
			a.fault = faults[number]
		}
		return a, end(r)
	}
	a.repeated, a.cutOff = r.Bool(), r.I64()
	if r.Bad {
		return answer{}, errMessage
	}
	var ok bool
	a.outcome, ok = abi.ReadOutcome(r.Rest)
	if !ok || a.cutOff < 0 || a.outcome.Refused() && len(a.outcome.Tokens) > 0 || !bytes.Equal(a.append(nil), b) {
		return answer{}, errMessage // it may have effects, which are no business of this node
	}
	return a, nil
}

// errUnknownFault is a fault that this program has no word for.
var errUnknownFault = errors.New("it failed")

// begin begins to read a message.
func begin(b []byte) *codec.Reader {
	r := &codec.Reader{Rest: b}
	r.Bad = r.U8() != messageVersion
	return r
}

// readBytes is a copy of at most that many bytes.
func readBytes(r *codec.Reader, most int) string {
	b := r.Bytes()
	if len(b) > most {
		r.Bad = true
		return ""
	}
	return string(b)
}

// readToken is a token, which is not empty.
func readToken(r *codec.Reader) string {
	token := readBytes(r, core.MaxTokenBytes+1)
	r.Bad = r.Bad || token == ""
	return token
}

// end is nil if the message was whole.
func end(r *codec.Reader) error {
	if !r.Done() {
		return errMessage
	}
	return nil
}
