package fact

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/python"
)

// Layouts of times in JSON: RFC 3339, as exact as the time is.
const (
	inSeconds      = "2006-01-02T15:04:05Z"
	inMilliseconds = "2006-01-02T15:04:05.000Z"
	inMicroseconds = "2006-01-02T15:04:05.000000Z"
)

// object writes a JSON object, member by member, in ASCII but for attributes.
type object struct {
	b    []byte
	more bool // a member was written
}

func (o *object) open()  { o.b, o.more = append(o.b, '{'), false }
func (o *object) close() { o.b, o.more = append(o.b, '}'), true }

// name begins a member.
func (o *object) name(name string) {
	if o.more {
		o.b = append(o.b, ',')
	}
	o.more = true
	o.b = append(python.AppendJSON(o.b, name), ':')
}

func (o *object) text(name, value string) {
	o.name(name)
	o.b = python.AppendJSON(o.b, value)
}

// secret says that there is a secret, and nothing of it.
func (o *object) secret(name string) { o.text(name, "***") }

func (o *object) hex(name string, value []byte) { o.text(name, hex.EncodeToString(value)) }
func (o *object) stamp(name string, s Stamp)    { o.text(name, s.String()) }

func (o *object) number(name string, v uint64) {
	o.name(name)
	o.b = strconv.AppendUint(o.b, v, 10)
}

func (o *object) bool(name string, v bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) time(name, layout string, t time.Time) { o.text(name, t.UTC().Format(layout)) }
func (o *object) seconds(name string, at int64)         { o.time(name, inSeconds, time.Unix(at, 0)) }
func (o *object) milliseconds(name string, at int64) {
	o.time(name, inMilliseconds, time.UnixMilli(at))
}
func (o *object) microseconds(name string, at int64) {
	o.time(name, inMicroseconds, time.UnixMicro(at))
}

// texts writes a list, unless it is empty.
func (o *object) texts(name string, list []string) {
	for i, s := range list {
		if i == 0 {
			o.name(name)
		}
		o.b = python.AppendJSON(append(o.b, "[,"[min(i, 1)]), s)
	}
	if len(list) > 0 {
		o.b = append(o.b, ']')
	}
}

// id writes the id of a customer, an integer or a text, unless it is none.
func (o *object) id(name string, id core.CustomerID) {
	switch id.Kind {
	case core.IntegerID:
		o.name(name)
		o.b = strconv.AppendInt(o.b, id.Int, 10)
	case core.TextID:
		o.text(name, id.Text)
	}
}

// raw writes JSON in one line; null for none.
func (o *object) raw(name string, value []byte) {
	o.name(name)
	line := bytes.NewBuffer(o.b)
	if len(value) == 0 || json.Compact(line, value) != nil {
		line.WriteString("null")
	}
	o.b = line.Bytes()
}

// memberships writes an object of groups and their numbers, unless it is empty.
func (o *object) memberships(name string, list []Entry) {
	if len(list) == 0 {
		return
	}
	o.name(name)
	o.open()
	for _, m := range list {
		o.stamp(m.Group, m.Number)
	}
	o.close()
}

// family writes the members that name a family, and its start in Unix milliseconds where that is known.
func (o *object) family(k core.FamilyKey, start int64) {
	if k.Issuer != "" {
		o.text("issuer", k.Issuer)
	}
	o.id("customer", k.Customer)
	o.text("family", fmt.Sprintf("%012x", k.Bits))
	if start != 0 {
		o.milliseconds("start", start)
	}
}

// subject writes the member that names what a cut-off belongs to.
func (o *object) subject(s Subject) {
	if s.ID.IsZero() {
		o.hex("address", s.Address[:])
	}
	o.id("id", s.ID)
}
