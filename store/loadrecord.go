package store

import (
	"strings"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// record is what was read for a token: what core needs of its customer, found or not, in some 100 bytes. It never
// changes. What most customers lack is in more.
type record struct {
	at    uint64  // DB.Changes when it was read
	rests [3]spot // the marks of the id, of the cut-off of the address, and of the address by which it was found
	flags recordFlags
	kind  core.IDKind // of the id; NoCustomer: there is none
	// texts are USER_ID_CLAIM where that is a text, of key bytes, the revoke claim, of claim bytes, and the id where it
	// is a text and another one.
	key, claim uint16
	texts      string
	id         int64 // where it is an integer
	version    uint64
	more       *more // nil: nothing of it
}

type recordFlags uint8

const (
	recordByEmail recordFlags = 1 << iota // the claim is an e-mail address
	recordFound                           // the customer exists
	recordActive
	recordRights // more.customer has Rights
)

// more is what few records have.
type more struct {
	cutOff   int64         // of the id or the address
	customer *Customer     // the whole customer, for those who asked for it; else nil
	family   *familyRecord // of a token whose family has records; else nil
}

// familyRecord is what was read of a family.
type familyRecord struct {
	bits     uint64
	start    int64 // as in core.FamilyKey
	rests    spot
	home     uint16
	state    core.FamilyState
	advanced int64
}

// record makes the record of what was read at a number of changes.
func (m *marks) record(l *lookup, found *loaded, at uint64) *record {
	s := &found.state
	r := &record{at: at, version: s.Customer.Version}
	id := s.Unheld
	if !s.Customer.ID.IsZero() {
		r.flags, id = recordFound, s.Customer.ID
	}
	if s.Customer.Active {
		r.flags |= recordActive
	}
	key, other := id.Text, ""
	if l.Field == FieldEmail {
		r.flags |= recordByEmail
		key, other = l.UserID.Text, id.Text
	}
	r.kind, r.id, r.key, r.claim = id.Kind, id.Int, uint16(len(key)), uint16(len(s.Customer.RevokeClaim))
	r.texts = strings.Join([]string{key, s.Customer.RevokeClaim, other}, "")
	own := spot(m.hashOf(id))
	r.rests = [3]spot{own, own, spot(m.hashOf(l.UserID))}
	if found.email != "" {
		r.rests[1] = spot(m.hash(subjectKey(fact.ByAddress(found.email))))
	}
	var x more
	x.cutOff = s.CutOff
	if l.hasFamily {
		x.family = &familyRecord{bits: l.family.Bits, start: l.family.Start, rests: spot(l.familyHash),
			home: found.home, state: s.Family, advanced: found.advanced}
	}
	if !l.StateOnly && r.flags&recordFound != 0 {
		c := found.customer
		x.customer = &c
	}
	if l.Rights {
		r.flags |= recordRights
	}
	if x != (more{}) {
		r.more = &x
	}
	return r
}

// counts reports whether a record is still what the store has.
func (r *record) counts(m *marks) bool {
	return m.holds(r.at, r.rests[0]) && m.holds(r.at, r.rests[1]) && m.holds(r.at, r.rests[2]) &&
		(r.more == nil || r.more.family == nil || m.holds(r.at, r.more.family.rests))
}

// about reports whether a record is about the token of a query: its customer and, where that has records, its family.
func (r *record) about(l *lookup) bool {
	if (r.flags&recordByEmail != 0) != (l.Field == FieldEmail) || r.texts[:r.key] != l.UserID.Text ||
		l.UserID.Kind == core.IntegerID && r.id != l.UserID.Int {
		return false
	}
	if r.more == nil || r.more.family == nil {
		return !l.hasFamily
	}
	return l.hasFamily && r.more.family.bits == l.family.Bits && r.more.family.start == l.family.Start
}

// answers reports whether a record has all that a query asks for.
func (r *record) answers(l *lookup) bool {
	whole := l.StateOnly || r.flags&recordFound == 0 ||
		r.more != nil && r.more.customer != nil && (!l.Rights || r.flags&recordRights != 0)
	return whole && r.about(l)
}

// loaded is what Load read, but for what every Load reads.
func (r *record) loaded(l *lookup) (found loaded) {
	s := &found.state
	id := core.CustomerID{Kind: r.kind, Int: r.id}
	if id.Kind == core.TextID {
		id.Text = r.texts[:r.key]
		if l.Field == FieldEmail {
			id.Text = r.texts[r.key+r.claim:]
		}
	}
	x := r.more
	if x == nil {
		x = &more{}
	}
	s.CutOff = x.cutOff
	if f := x.family; f != nil {
		s.Family, found.advanced, found.home = f.state, f.advanced, f.home
	}
	if r.flags&recordFound == 0 {
		s.Unheld = id
		return found
	}
	s.Customer = core.Customer{ID: id, UserID: id, Active: r.flags&recordActive != 0,
		RevokeClaim: r.texts[r.key : r.key+r.claim], Version: r.version}
	if l.Field == FieldEmail {
		s.Customer.UserID = core.Text(r.texts[:r.key])
	}
	switch {
	case l.StateOnly:
		found.customer = Customer{ID: id, IsActive: s.Customer.Active, RevokeClaim: s.Customer.RevokeClaim,
			Version: r.version}
	case x.customer != nil:
		found.customer = *x.customer
		if !l.Rights {
			found.customer.Rights = nil
		}
	}
	return found
}

// bytes are what a record keeps alive, without the lists of its customer.
func (r *record) bytes() int64 {
	sum := int64(unsafe.Sizeof(*r)) + textBytes(r.texts)
	if r.more == nil {
		return sum
	}
	sum += allocated(int(unsafe.Sizeof(*r.more)))
	if f := r.more.family; f != nil {
		sum += allocated(int(unsafe.Sizeof(*f))) + textBytes(f.state.KeyID)
	}
	if c := r.more.customer; c != nil {
		sum += allocated(int(unsafe.Sizeof(*c))) + allocated(len(c.Attributes)) +
			textBytes(c.ID.Text, c.Email, c.FirstName, c.LastName, c.PasswordHash, c.RevokeClaim)
	}
	return sum
}
