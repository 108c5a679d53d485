package gateway

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// claimValues are the values of the claims that headers carry.
type claimValues struct {
	scan   strictjson.Scanner
	claims []byte
	values []strictjson.Value // by field
}

// read finds the claims of the fields in a token; nil: there is none. Where a token was opened, the claim userID is
// known: most gateways ask for no other.
func (v *claimValues) read(o *core.Opened, fields []field, userID string) {
	if v.values == nil {
		v.values = make([]strictjson.Value, len(fields))
	}
	clear(v.values)
	if o == nil {
		return
	}
	v.claims = o.Claims
	others := false
	for i := range fields {
		if fields[i].claim == userID {
			v.values[i] = o.Customer
		} else {
			others = true
		}
	}
	if !others {
		return
	}
	for more := v.scan.Begin(v.claims, strictjson.MaxNames); more; more = v.scan.Next() {
		for i := range fields {
			if string(v.scan.Member.Name) == fields[i].claim {
				v.values[i] = v.scan.Member.Value
			}
		}
	}
	if !v.scan.Whole {
		panic("accepted claims are no strict object")
	}
}

// header is the value of a field's header: package doc, Headers.
func (v *claimValues) header(i int) string {
	value := v.values[i]
	switch value.Form {
	case strictjson.Absent, strictjson.Null:
		return ""
	case strictjson.String:
		return escape(value.Text(v.claims))
	case strictjson.Array:
		var list []byte
		first := true
		if value.EachText(v.claims, func(text strictjson.Value) {
			if !first {
				list = append(list, ',')
			}
			first = false
			list = appendEscaped(list, text.Text(v.claims))
		}) {
			return string(list)
		}
	}
	return escape(value.JSON(v.claims))
}

func escape(text []byte) string { return string(appendEscaped(nil, text)) }

// appendEscaped appends a text, percent-encoded.
func appendEscaped(b, text []byte) []byte {
	const hex = "0123456789ABCDEF"
	for i, c := range text {
		if '!' <= c && c <= '~' && c != '%' && c != ',' || c == ' ' && 0 < i && i < len(text)-1 {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}
