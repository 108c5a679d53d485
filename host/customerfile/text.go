package customerfile

import (
	"bytes"
	"encoding/json"
	"time"
)

// appendIndented appends a field's value in the lines of its object.
func appendIndented(dst []byte, value json.RawMessage) []byte {
	if c := value[0]; c != '{' && c != '[' {
		return append(dst, value...)
	}
	var b bytes.Buffer
	_ = json.Indent(&b, value, "    ", "  ")
	return append(dst, b.Bytes()...)
}

// appendDjangoTime appends a time as DjangoJSONEncoder writes it: in milliseconds, the rest cut off, and without a
// fraction where a second is whole.
func appendDjangoTime(dst []byte, t time.Time) []byte {
	switch {
	case t.IsZero():
		return append(dst, "null"...)
	case t.Nanosecond() == 0:
		return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05Z"`)
	}
	return t.UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
}
