package fact

import (
	"slices"

	"github.com/edgetoken/edgetoken/core/codec"
)

// appendTo encodes only the fields that Set names:
//
//	id | stamp made | stamp | u16 set | [e-mail] | [first name] | [last name] | [u8 active] | [u8 staff] |
//	[u8 superuser] | [password hash | revoke claim] | [u32 attributes] | [i64 joined, µs] | granted | withdrawn |
//	u16 count | count × (group | stamp) | left
func (f Customer) appendTo(b []byte) []byte {
	b = appendID(b, f.ID)
	b = f.Stamp.Append(f.Made.Append(b))
	b = codec.U16(b, uint16(f.Set))
	b = f.appendFields(b)
	b = codec.Texts(codec.Texts(b, f.Granted), f.Withdrawn)
	b = codec.U16(b, uint16(len(f.Entered)))
	for _, m := range f.Entered {
		b = m.Number.Append(codec.Text(b, m.Group))
	}
	return codec.Texts(b, f.Left)
}

func readCustomer(r *reader) Fact {
	f := Customer{ID: r.id()}
	f.Made, f.Stamp = r.stamps()
	f.Set = Fields(r.U16())
	r.require(f.Set <= AllFields)
	f.readFields(r)
	f.Granted, f.Withdrawn = r.names(), r.names()
	f.Entered, f.Left = r.memberships(), r.names()
	r.require(disjoint(f.Granted, f.Withdrawn))
	r.require(!slices.ContainsFunc(f.Entered, func(m Entry) bool {
		_, left := slices.BinarySearch(f.Left, m.Group)
		return left
	}))
	return f
}

func (f *Customer) appendFields(b []byte) []byte {
	if f.Set&Email != 0 {
		b = codec.Text(b, f.Email)
	}
	if f.Set&FirstName != 0 {
		b = codec.Text(b, f.FirstName)
	}
	if f.Set&LastName != 0 {
		b = codec.Text(b, f.LastName)
	}
	if f.Set&Active != 0 {
		b = codec.Bool(b, f.Active)
	}
	if f.Set&Staff != 0 {
		b = codec.Bool(b, f.Staff)
	}
	if f.Set&Superuser != 0 {
		b = codec.Bool(b, f.Superuser)
	}
	if f.Set&Password != 0 {
		b = codec.Text(codec.Text(b, f.PasswordHash), f.RevokeClaim)
	}
	if f.Set&Attributes != 0 {
		b = codec.Bytes(b, f.Attributes)
	}
	if f.Set&Joined != 0 {
		b = codec.I64(b, f.Joined)
	}
	return b
}

func (f *Customer) readFields(r *reader) {
	if f.Set&Email != 0 {
		f.Email = r.name()
	}
	if f.Set&FirstName != 0 {
		f.FirstName = r.text()
	}
	if f.Set&LastName != 0 {
		f.LastName = r.text()
	}
	if f.Set&Active != 0 {
		f.Active = r.Bool()
	}
	if f.Set&Staff != 0 {
		f.Staff = r.Bool()
	}
	if f.Set&Superuser != 0 {
		f.Superuser = r.Bool()
	}
	if f.Set&Password != 0 {
		f.PasswordHash, f.RevokeClaim = r.text(), r.text()
	}
	if f.Set&Attributes != 0 {
		f.Attributes = r.attributes()
	}
	if f.Set&Joined != 0 {
		f.Joined = r.moment()
	}
}

// memberships takes a list of memberships in strictly rising order of their groups; nil if it is empty.
func (r *reader) memberships() (list []Entry) {
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		m := Entry{Group: r.name(), Number: r.stamp()}
		r.require(len(list) == 0 || list[len(list)-1].Group < m.Group)
		list = append(list, m)
	}
	return list
}

// id | stamp | i64 until, s
func (f RemoveCustomer) appendTo(b []byte) []byte {
	return codec.I64(f.Stamp.Append(appendID(b, f.ID)), f.Until)
}

func readRemoveCustomer(r *reader) Fact {
	return RemoveCustomer{ID: r.id(), Stamp: r.stamp(), Until: r.until()}
}

// id | stamp made | i64 at, µs
func (f LastLogin) appendTo(b []byte) []byte {
	return codec.I64(f.Made.Append(appendID(b, f.ID)), f.At)
}

func readLastLogin(r *reader) Fact { return LastLogin{ID: r.id(), Made: r.stamp(), At: r.moment()} }

// id | stamp made | stamp of the password | hash
func (f Rehash) appendTo(b []byte) []byte {
	return codec.Text(f.Password.Append(f.Made.Append(appendID(b, f.ID))), f.Hash)
}

func readRehash(r *reader) Fact {
	f := Rehash{ID: r.id()}
	f.Made, f.Password = r.stamps()
	f.Hash = r.text()
	return f
}
