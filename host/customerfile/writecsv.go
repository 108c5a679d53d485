package customerfile

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// csvForm writes a line that names the columns, and a record for each customer (RFC 4180, but lines end with \n alone).
type csvForm struct{}

func (csvForm) begin(dst []byte) ([]byte, error) {
	return append(append(dst, strings.Join(csvColumns, ",")...), '\n'), nil
}

func (csvForm) end(dst []byte) []byte { return dst }

func (csvForm) groups(dst []byte, groups []store.Group, left func(string)) []byte {
	for _, g := range groups {
		if len(g.Permissions) > 0 {
			left("permissions of groups")
		}
	}
	return dst
}

func (csvForm) customer(dst []byte, c *store.Customer, kept json.RawMessage, _ func(string)) []byte {
	if c.ID.Kind == core.TextID {
		dst = appendCell(dst, c.ID.Text)
	} else {
		dst = strconv.AppendInt(dst, c.ID.Int, 10)
	}
	for _, s := range []string{c.Email, c.PasswordHash, c.FirstName, c.LastName} {
		dst = appendCell(append(dst, ','), s)
	}
	for _, b := range []bool{c.IsActive, c.IsStaff, c.IsSuperuser} {
		dst = strconv.AppendBool(append(dst, ','), b)
	}
	for _, t := range []time.Time{c.LastLogin, c.DateJoined} {
		if dst = append(dst, ','); !t.IsZero() {
			dst = t.UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z")
		}
	}
	dst = appendCell(append(dst, ','), string(c.Attributes))
	for _, texts := range [][]string{c.Permissions, c.Groups} {
		if dst = append(dst, ','); len(texts) > 0 {
			dst = appendCell(dst, string(appendTexts(nil, texts)))
		}
	}
	return append(appendCell(append(dst, ','), string(kept)), '\n')
}

// appendCell appends a value, in quotes where it needs them.
func appendCell(dst []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
