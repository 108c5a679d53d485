package blacklistfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Writer writes a fixture as `dumpdata --indent 2` does, or as `dumpdata --format jsonl`.
type Writer struct {
	out   *bufio.Writer
	jsonl bool
	began bool
}

// NewWriter writes to w, with jsonl an object a line, which loaddata takes in little memory. Close ends the fixture.
func NewWriter(w io.Writer, jsonl bool) *Writer {
	return &Writer{out: bufio.NewWriter(w), jsonl: jsonl}
}

// PrimaryKey is the primary key of a token that the Django which loads the fixture does not have, and of what
// blacklists a token. It follows from the id of the token, so that a fixture can be loaded again, and is so high, from
// 2^61 to 2^62, that no row has it which Django numbered.
func PrimaryKey(id string) int64 {
	sum := sha256.Sum256([]byte(id))
	return int64(1<<61 | binary.BigEndian.Uint64(sum[:])>>3)
}

// Outstanding writes a token of which only the id is known, with its PrimaryKey. user is a primary key or null.
func (w *Writer) Outstanding(id string, user json.RawMessage, created, expires time.Time) {
	w.object(outstanding, PrimaryKey(id), "user", user, "jti", text(id), "token", text(""),
		"created_at", stamp(created), "expires_at", stamp(expires))
}

// Blacklisted writes that the token with an id is blacklisted. key names it: its primary key, or Token.Key.
func (w *Writer) Blacklisted(id string, key json.RawMessage, at time.Time) {
	w.object(blacklisted, PrimaryKey(id), "token", key, "blacklisted_at", stamp(at))
}

// Close ends the fixture. The error is the first of all writes.
func (w *Writer) Close() error {
	if !w.jsonl {
		if !w.began {
			w.out.WriteString("[")
		}
		w.out.WriteString("\n]\n")
	}
	return w.out.Flush()
}

// object writes an object with fields, which are names and their values.
func (w *Writer) object(model string, pk int64, fields ...any) {
	outer, inner := "\n  ", "\n    "
	if w.jsonl {
		outer, inner = "", ""
	} else if w.began {
		w.out.WriteString(",\n")
	} else {
		w.out.WriteString("[\n")
	}
	w.began = true
	fmt.Fprintf(w.out, "{%s\"model\": %q,%s\"pk\": %d,%s\"fields\": {", outer, model, outer, pk, outer)
	for i := 0; i < len(fields); i += 2 {
		if i > 0 {
			w.out.WriteString(",")
		}
		fmt.Fprintf(w.out, "%s%q: %s", inner, fields[i], fields[i+1])
	}
	if w.jsonl {
		w.out.WriteString("}}\n")
	} else {
		w.out.WriteString("\n  }\n}")
	}
}

// text is an ASCII text as JSON.
func text(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a text always can be written
	return b
}

// stamp is a time as DjangoJSONEncoder writes it: to the millisecond, and to the second where it has no fraction.
func stamp(t time.Time) json.RawMessage {
	layout := "2006-01-02T15:04:05.000Z"
	if t.Nanosecond() < int(time.Microsecond) {
		layout = "2006-01-02T15:04:05Z"
	}
	return text(t.UTC().Format(layout))
}
