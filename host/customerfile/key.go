package customerfile

import (
	"encoding/json"
	"slices"
)

// key is a reference of a dump: a primary key, or a natural one.
type key struct {
	pk      int64
	natural []string // ["editors"]; ["add_customer", "customers", "customer"]; nil for a primary key
}

// keyBytes is about how many bytes a key takes.
const keyBytes = 40

// name is "app_label.codename", of the natural key of a permission.
func (k key) name() string { return k.natural[1] + "." + k.natural[0] }

// readKeys reads a list of keys. A natural one has that many texts.
func readKeys(raw []byte, texts int) (list []key, ok bool) {
	if string(raw) == "[]" {
		return nil, true
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || raw[0] != '[' {
		return nil, false
	}
	for _, e := range elements {
		var k key
		if e[0] == '[' {
			if json.Unmarshal(e, &k.natural) != nil || len(k.natural) != texts ||
				slices.Contains(k.natural, "") {
				return nil, false
			}
		} else if json.Unmarshal(e, &k.pk) != nil || k.pk <= 0 {
			return nil, false
		}
		list = append(list, k)
	}
	return list, true
}
