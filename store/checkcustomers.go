package store

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// id reads the key of an entry that is about a customer.
func (a *recordCheck) id(e *entry) (core.CustomerID, bool) {
	id, err := readIDKey(a.identity.ids, e.key)
	if err != nil {
		e.wrong("the key is no id: the store holds %s", kindName(a.identity.ids))
		return id, false
	}
	e.name = id.String()
	return id, true
}

func (a *recordCheck) customer(e *entry) {
	a.report.Customers++
	id, ok := a.id(e)
	if !ok {
		return
	}
	if id.Kind == core.IntegerID && id.Int > a.tally.highest {
		e.wrong("the id is above the highest that was ever given, %d", a.tally.highest)
	}
	p, err := a.readPerson(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	if !p.whole() {
		e.wrong("the fact that makes the customer is missing")
	}
	c := p.customer(id)
	a.person(e, p, c)
	a.hash(c.PasswordHash)
	if c.Email == "" {
		return
	}
	mayWait := a.sound[string(contestedBucket)]
	waits := mayWait && a.get(contestedBucket, contestedKey(c.Email, e.key)) != nil
	if !a.has(emailsBucket, []byte(c.Email)) {
		e.wrong("the index of e-mail addresses does not have this customer's, so that nobody can log in with it")
	} else if a.sound[string(emailsBucket)] {
		owner, err := decodeOwner(a.get(emailsBucket, []byte(c.Email)))
		switch owns := bytes.Equal(owner, e.key); {
		case err != nil:
		case owns && waits:
			e.wrong("the e-mail address is the customer's, and yet contested")
		case !owns && !waits && (mayWait || a.form == old):
			e.wrong("the index of e-mail addresses gives this customer's to another customer")
		}
	}
	if folded := Fold(c.Email); folded != c.Email && a.comparesCase() &&
		!a.has(foldedBucket, foldedKey(folded, c.Email)) {
		e.wrong("the index without regard to case does not have this customer's e-mail address")
	}
}

// person checks what a record says of a customer, whether that holds the id or is parked.
func (a *recordCheck) person(e *entry, p person, c Customer) {
	a.version(e, c.Version)
	a.stamped(e, p.made)
	if err := checkTexts(c); err != nil {
		e.wrong("%v", err)
	}
	if _, err := checkAttributes(c.Attributes); err != nil {
		e.wrong("the attributes are no JSON object")
	}
	if p.whole() && c.Email == "" {
		e.wrong("the e-mail address is empty")
	}
	a.permissions(e, c.Permissions)
	a.groups(e, p.groups)
	if value := a.get(tombstonesBucket, idKey(c.ID)); value != nil && a.sound[string(tombstonesBucket)] {
		if gone, err := a.readRemoval(value); err == nil && !p.made.After(gone.at) {
			e.wrong("it was made before the id was removed")
		}
	}
}

// version checks that the store has given out a version.
func (a *recordCheck) version(e *entry, version uint64) {
	if version > a.tally.sequence {
		e.wrong("the version is %d, but the last that was given is %d", version, a.tally.sequence)
	}
}

func (a *recordCheck) email(e *entry) {
	if checkText("", string(e.key)) != nil {
		e.wrong("the key is no e-mail address")
		return
	}
	e.name = string(e.key)
	owner, err := decodeOwner(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	id, err := readIDKey(a.identity.ids, owner)
	switch {
	case err != nil:
		e.wrong("it belongs to no id: the store holds %s", kindName(a.identity.ids))
	case !a.has(customersBucket, owner):
		e.wrong("it belongs to customer %q, who does not exist", id)
	case a.sound[string(customersBucket)]:
		if p, err := a.readPerson(a.get(customersBucket, owner)); err == nil && p.email.value != e.name {
			e.wrong("it belongs to customer %q, who has another address", id)
		}
	}
}

func (a *recordCheck) lastLogin(e *entry) {
	a.id(e)
	if _, err := decodeLastLogin(e.value); err != nil {
		e.wrong(unreadable)
	}
}

// comparesCase reports whether the index without regard to case follows this version's rules. If not, Open makes it
// anew.
func (a *recordCheck) comparesCase() bool { return a.folds == unicode.Version }

func (a *recordCheck) folded(e *entry) {
	folded, email, ok := strings.Cut(string(e.key), "\x00")
	if !ok || checkText("", email) != nil || folded == email || a.comparesCase() && Fold(email) != folded {
		e.wrong("the key is none of the index without regard to case")
		return
	}
	a.address(e, email)
}

// address checks an entry whose key says all that it has to say, about an e-mail address that somebody has.
func (a *recordCheck) address(e *entry, email string) {
	e.name = email
	if r := begin(e.value); !r.Done() {
		e.wrong(unreadable)
	}
	if !a.has(emailsBucket, []byte(email)) {
		e.wrong("nobody has this e-mail address")
	}
}

func (a *recordCheck) group(e *entry) {
	a.report.Groups++
	if checkGroupName(string(e.key)) != nil {
		e.wrong("the key is no name of a group")
		return
	}
	e.name = string(e.key)
	g, err := a.readGroup(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.permissions(e, g.permissions.names())
	a.stamped(e, g.made)
}

func (a *recordCheck) permissions(e *entry, list []string) {
	for _, p := range list {
		if checkPermission(p) != nil {
			e.wrong("it has what is no permission")
			return
		}
	}
}

func (a *recordCheck) groups(e *entry, list members) {
	for _, m := range list {
		if checkGroupName(m.name) != nil {
			e.wrong("it has a membership of what is no group")
		}
	}
}

// stamped checks that logical time is not behind a stamp. The stamps of what schemas 1 to 3 wrote are no times.
func (a *recordCheck) stamped(e *entry, at fact.Stamp) {
	if at.Epoch != 0 && at.Time/1000 > a.tally.mark {
		e.wrong("it was made above the high-water mark")
	}
}
