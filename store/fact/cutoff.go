package fact

import "github.com/edgetoken/edgetoken/core/codec"

// subject | i64 at, ms | i64 until, s
func (f CutOff) appendTo(b []byte) []byte {
	return codec.I64(codec.I64(f.Subject.appendTo(b), f.At), f.Until)
}

func readCutOff(r *reader) Fact { return CutOff{Subject: r.subject(), At: r.start(), Until: r.until()} }

// subject | i64 until, s
func (f KeepCutOff) appendTo(b []byte) []byte { return codec.I64(f.Subject.appendTo(b), f.Until) }

func readKeepCutOff(r *reader) Fact { return KeepCutOff{Subject: r.subject(), Until: r.until()} }

// i64 at, ms
func (f NodeCutOff) appendTo(b []byte) []byte { return codec.I64(b, f.At) }

func readNodeCutOff(r *reader) Fact { return NodeCutOff{At: r.start()} }

// i64 after, ms | i64 until, ms
func (f Gap) appendTo(b []byte) []byte { return codec.I64(codec.I64(b, f.After), f.Until) }

func readGap(r *reader) Fact {
	f := Gap{After: r.start(), Until: r.start()}
	r.require(f.After < f.Until)
	return f
}

// A subject is an id, or u8 0 | 32 bytes SHA-256 of the e-mail address.
func (s Subject) appendTo(b []byte) []byte {
	b = appendID(b, s.ID)
	if s.ID.IsZero() {
		b = append(b, s.Address[:]...)
	}
	return b
}

func (r *reader) subject() Subject {
	if len(r.Rest) > 0 && r.Rest[0] == 0 {
		r.Take(1)
		return Subject{Address: r.digest()}
	}
	return ByID(r.id())
}
