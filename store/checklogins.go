package store

import (
	"encoding/hex"
)

func (a *recordCheck) listed(e *entry) {
	a.report.Logins++
	k, ok := readLoginKey(a.identity.ids, e.key)
	if !ok {
		e.wrong("the key is no log-in")
		return
	}
	e.name = hex.EncodeToString(e.key)
	if !a.has(customersBucket, idKey(k.Customer)) {
		e.wrong("it belongs to customer %q, who does not exist", k.Customer)
	}
	l, err := decodeListed(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if !a.has(loginExpiryBucket, loginExpiryKey(l.until, e.key)) {
		e.wrong("the index of log-ins by their end does not have it, so that it is never purged")
	}
}

func (a *recordCheck) loginExpiry(e *entry) {
	until, key, err := readLoginExpiryKey(e.key)
	if err != nil {
		e.wrong("the key is none of the index of log-ins by their end")
		return
	}
	e.name = hex.EncodeToString(e.key)
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	if !a.has(loginsBucket, key) {
		e.wrong("there is no such log-in")
	} else if a.sound[string(loginsBucket)] {
		if l, err := decodeListed(a.get(loginsBucket, key)); err == nil && l.until != until {
			e.wrong("its log-in says otherwise")
		}
	}
}
