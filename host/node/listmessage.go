package node

import (
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store"
)

// What an edge and the hub say to each other about lists of log-ins, as message.go has the rest.

// whichLogins asks for log-ins by tokens of the customer whose access token it has: without the first offset, at most
// limit.
//
//	u8 version 1 | bytes token | u32 offset | u16 limit
type whichLogins struct {
	token  string
	offset uint32
	limit  uint16
}

func (m whichLogins) append(b []byte) []byte {
	b = codec.Bytes(append(b, messageVersion), []byte(m.token))
	return codec.U16(codec.U32(b, m.offset), m.limit)
}

func readWhichLogins(b []byte) (m whichLogins, err error) {
	r := begin(b)
	m = whichLogins{token: readToken(r), offset: r.U32(), limit: r.U16()}
	return m, end(r)
}

// whichLogin asks that a log-in by tokens end of the customer whose access token it has.
//
//	u8 version 1 | bytes token | i64 start, ms | u64 bits
type whichLogin struct {
	token string
	start int64
	bits  uint64
}

func (m whichLogin) append(b []byte) []byte {
	return codec.U64(codec.I64(codec.Bytes(append(b, messageVersion), []byte(m.token)), m.start), m.bits)
}

func readWhichLogin(b []byte) (m whichLogin, err error) {
	r := begin(b)
	m = whichLogin{token: readToken(r), start: r.I64(), bits: r.U64()}
	return m, end(r)
}

// append appends the answer to whichLogins. The answer within it says whether there is one.
//
//	u8 version 1 | bytes answer | u32 count of all | u16 count | count × (i64 start, ms | u64 bits | i64 used, ms |
//	text user agent | text address)
func (l listedLogins) append(b, within []byte) []byte {
	b = codec.U32(codec.Bytes(append(b, messageVersion), within), uint32(l.count))
	b = codec.U16(b, uint16(len(l.list)))
	for _, x := range l.list {
		b = codec.I64(codec.U64(codec.I64(b, x.Family.Start), x.Family.Bits), x.Used.UnixMilli())
		b = codec.Text(codec.Text(b, x.Client.Agent), x.Client.Address)
	}
	return b
}

// lastMilli is the end of the year 9999, in Unix milliseconds.
const lastMilli = 253402300799999

// isTime reports whether a time in Unix milliseconds is one that an answer can show.
func isTime(at int64) bool { return 0 < at && at <= lastMilli }

// isShort reports whether a text is UTF-8 of at most that many bytes.
func isShort(text string, most int) bool { return len(text) <= most && utf8.ValidString(text) }

func readLogins(b []byte) (l listedLogins, within []byte, err error) {
	r := begin(b)
	within = r.Bytes()
	l.count = int(r.U32())
	count := int(r.U16())
	r.Bad = r.Bad || count > maxListed || count > l.count
	for ; count > 0 && !r.Bad; count-- {
		var x store.Login
		x.Family.Start, x.Family.Bits = r.I64(), r.U64()
		used := r.I64()
		x.Used = time.UnixMilli(used).UTC()
		x.Client = store.Client{Agent: r.Text(), Address: r.Text()}
		r.Bad = r.Bad || !isTime(x.Family.Start) || !isTime(used) || !isShort(x.Client.Agent, store.MaxAgent) ||
			!isShort(x.Client.Address, store.MaxAddress)
		l.list = append(l.list, x)
	}
	return l, within, end(r)
}
