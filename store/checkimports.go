package store

import "encoding/hex"

// imported checks what the last import said of a customer or a group, who need not be here any more.
func (a *recordCheck) imported(e *entry) {
	if ofAddress(e.key) {
		e.name = hex.EncodeToString(e.key)
		if _, err := decodeLeft(a.identity.ids, e.value); err != nil {
			e.wrong(unreadable)
		}
		return
	}
	members := 1
	if !ofGroup(e.key) {
		if _, ok := a.id(e); !ok {
			return
		}
		members = len(importedMembers)
	}
	last, err := decodeLastImport(e.value)
	if err != nil || len(last.digests) != 0 && len(last.digests) != members*digestBytes {
		e.wrong(unreadable)
	}
}

func (a *recordCheck) origin(e *entry) {
	if string(e.key) != string(originKey) {
		e.wrong("no such record is known")
		return
	}
	e.name = string(originKey)
	if _, err := decodeOrigin(e.value); err != nil {
		e.wrong(unreadable)
	}
}
