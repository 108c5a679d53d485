package store

import "github.com/edgetoken/edgetoken/store/fact"

// What follows checks the keys and their private parts. Of these it shows nothing.

func (a *recordCheck) signingKey(e *entry) {
	if !a.keyID(e) {
		return
	}
	k, err := decodeKey(e.key, e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.stamped(e, k.Made)
	a.stamped(e, k.Stamp)
	if k.retired > a.tally.mark/1000 {
		e.wrong("it was retired above the high-water mark")
	}
}

func (a *recordCheck) sealedPart(e *entry) {
	if !a.keyID(e) {
		return
	}
	if sealed, err := decodeSealed(e.value); err != nil || len(sealed) > fact.MaxSealedKey {
		e.wrong(unreadable)
	}
	if !a.has(keysBucket, e.key) {
		e.wrong("it is the private part of a key that does not exist")
	}
}

// keyID reads the key of an entry that is about a key.
func (a *recordCheck) keyID(e *entry) bool {
	if checkKeyID(string(e.key)) != nil {
		e.wrong("it is no id of a key")
		return false
	}
	e.name = string(e.key)
	return true
}
