package fact

import "fmt"

// AppendJSON appends f as a JSON object in one line, for operators:
//
//	{"fact":"cut_off","id":7,"at":"2026-01-01T00:00:00.000Z"}
//
// Times are RFC 3339, lives of tokens seconds, stamps as Stamp.String has them. Of a secret (password hashes, revoke
// claims, ids of sessions) there is "***" instead. What is not known or not set is left out.
func AppendJSON(b []byte, f Fact) []byte {
	o := object{b: b}
	o.fact(f)
	return o.b
}

// AppendJSON appends f as a JSON object in one line, with its facts as AppendJSON writes them:
//
//	{"position":"00000000000000a7:12","node":1,"incarnation":"00000000000000a7","sequence":12,
//	"made":"2026-01-01T00:00:00.000000Z","facts":[…]}
func (f *Frame) AppendJSON(b []byte) []byte {
	o := object{b: b}
	o.open()
	o.text("position", f.Position().String())
	o.number("node", uint64(f.Node))
	o.incarnation(f.Incarnation)
	o.number("sequence", f.Sequence)
	o.microseconds("made", f.Made)
	o.name("facts")
	o.b = append(o.b, '[')
	for i, x := range f.Facts {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.fact(x)
	}
	o.b = append(o.b, ']')
	o.close()
	return o.b
}

func (o *object) fact(f Fact) {
	o.open()
	if _, unread := f.(Unread); unread {
		o.text("fact", "unread")
	} else {
		o.text("fact", f.Kind().String())
	}
	f.describe(o)
	o.close()
}

func (o *object) incarnation(v uint64) { o.text("incarnation", fmt.Sprintf("%016x", v)) }

func (f Customer) describe(o *object) {
	o.id("id", f.ID)
	o.stamp("made", f.Made)
	o.stamp("stamp", f.Stamp)
	f.describeFields(o)
	o.texts("granted", f.Granted)
	o.texts("withdrawn", f.Withdrawn)
	o.memberships("entered", f.Entered)
	o.texts("left", f.Left)
}

func (f Customer) describeFields(o *object) {
	if f.Set&Email != 0 {
		o.text("email", f.Email)
	}
	if f.Set&FirstName != 0 {
		o.text("first_name", f.FirstName)
	}
	if f.Set&LastName != 0 {
		o.text("last_name", f.LastName)
	}
	if f.Set&Active != 0 {
		o.bool("is_active", f.Active)
	}
	if f.Set&Staff != 0 {
		o.bool("is_staff", f.Staff)
	}
	if f.Set&Superuser != 0 {
		o.bool("is_superuser", f.Superuser)
	}
	if f.Set&Password != 0 {
		o.secret("password_hash")
		o.secret("revoke_claim")
	}
	if f.Set&Attributes != 0 {
		o.raw("attributes", f.Attributes)
	}
	if f.Set&Joined != 0 {
		o.microseconds("date_joined", f.Joined)
	}
}

func (f RemoveCustomer) describe(o *object) {
	o.id("id", f.ID)
	o.stamp("stamp", f.Stamp)
	o.seconds("until", f.Until)
}

func (f LastLogin) describe(o *object) {
	o.id("id", f.ID)
	o.stamp("made", f.Made)
	o.microseconds("at", f.At)
}

func (f CutOff) describe(o *object) {
	o.subject(f.Subject)
	o.milliseconds("at", f.At)
	if f.Until != 0 {
		o.seconds("until", f.Until)
	}
}

func (f RevokeFamily) describe(o *object) {
	o.family(f.Family, f.Start)
	o.seconds("until", f.Until)
}

func (f AdvanceFamily) describe(o *object) {
	o.family(f.Family, f.Start)
	o.seconds("until", f.Until)
	o.number("generation", uint64(f.Generation))
	o.microseconds("issued_at", f.IssuedAt)
	o.number("access", uint64(f.Access))
	o.number("refresh", uint64(f.Refresh))
	o.text("key", f.Key)
	o.incarnation(f.Incarnation)
	o.number("sequence", f.Sequence)
	if f.Home != 0 {
		o.number("home", uint64(f.Home))
	}
}

func (f Group) describe(o *object) {
	o.text("name", f.Name)
	o.stamp("made", f.Made)
	o.stamp("stamp", f.Stamp)
	o.texts("granted", f.Granted)
	o.texts("withdrawn", f.Withdrawn)
}

func (f RemoveGroup) describe(o *object) {
	o.text("name", f.Name)
	o.stamp("stamp", f.Stamp)
	o.seconds("until", f.Until)
}

func (f Lifetimes) describe(o *object) {
	o.number("access", uint64(f.Access))
	o.number("refresh", uint64(f.Refresh))
	o.number("foreign", uint64(f.Foreign))
}

func (f Rehash) describe(o *object) {
	o.id("id", f.ID)
	o.stamp("made", f.Made)
	o.stamp("password", f.Password)
	o.secret("hash")
}

func (f Session) describe(o *object) {
	o.secret("id")
	o.id("customer", f.Customer)
	o.milliseconds("started", f.Started)
	o.microseconds("expires", f.Expires)
	if f.Used != 0 {
		o.milliseconds("used", f.Used)
		o.secret("client")
	}
}

func (f EndSession) describe(o *object) {
	o.secret("id")
	o.milliseconds("started", f.Started)
}

func (f KeepCutOff) describe(o *object) {
	o.subject(f.Subject)
	o.seconds("until", f.Until)
}

func (f Forget) describe(o *object) {
	o.text("record", string(rune(f.Record)))
	o.hex("key", f.Key)
	o.seconds("until", f.Until)
}

func (f Node) describe(o *object) {
	o.number("number", uint64(f.Number))
	o.incarnation(f.Incarnation)
	o.number("epoch", uint64(f.Epoch))
	if f.Homes != 0 {
		o.milliseconds("homes", f.Homes)
	}
}

func (f ReserveStart) describe(o *object) { o.milliseconds("at", f.At) }
func (f ReserveEpoch) describe(o *object) { o.milliseconds("at", f.At) }
func (f NodeCutOff) describe(o *object)   { o.milliseconds("at", f.At) }
func (f Clock) describe(o *object)        { o.microseconds("at", f.At) }

func (f Gap) describe(o *object) {
	o.milliseconds("after", f.After)
	o.milliseconds("until", f.Until)
}

func (f PurgeClock) describe(o *object) { o.microseconds("at", f.At) }

func (f Trim) describe(o *object) {
	o.text("up_to", f.UpTo.String())
	o.number("frames", uint64(f.Frames))
}

func (f Head) describe(o *object) {
	o.number("node", uint64(f.Node))
	o.text("position", f.Position.String())
	o.hex("hash", f.Hash[:])
}

func (f Wait) describe(o *object) { o.number("length", uint64(len(f.Frame))) }

func (f Quarantine) describe(o *object) {
	o.number("node", uint64(f.Node))
	o.text("position", f.Position.String())
	o.bool("judge", f.Judge)
	o.bool("is_frame", f.IsFrame)
	o.number("length", uint64(len(f.Raw)))
}

func (f Release) describe(o *object)  { o.hex("digest", f.Digest[:]) }
func (f Followed) describe(o *object) { o.hex("position", f.Position) }

func (u Unread) describe(o *object) {
	o.number("kind", uint64(u.Kind()))
	o.number("version", uint64(u.Version()))
	o.number("length", uint64(u.Length()))
}
