package core

import "time"

// KeyState is where a key is in its life, which time alone drives: published, signing, verifying, gone. A key may leave
// out the two in the middle.
type KeyState uint8

const (
	KeyPublished KeyState = iota // others get to know it; it checks tokens, and signed none yet
	KeySigning                   // it signs, and checks tokens
	KeyVerifying                 // another key took over; it checks the tokens that it signed
	KeyGone                      // its end has come
)

// String is the name of the state: published, signing, verifying or gone.
func (s KeyState) String() string {
	return [...]string{"published", "signing", "verifying", "gone"}[s]
}

// State is where the key of an index is in its life at a time. A key that stands nowhere in Signing is published until
// it is gone.
func (s KeySet) State(key int, now time.Time) KeyState {
	switch {
	case s.ended(key, now):
		return KeyGone
	case s.SigningAt(now) == key:
		return KeySigning
	}
	state := KeyPublished
	for _, k := range s.Signing {
		if k.Key != key {
			continue
		}
		if state = KeyVerifying; k.From > seconds(now.UnixMicro()) {
			return KeyPublished // it will sign, be it anew
		}
	}
	return state
}

// takeOverMargin is added to the life of a key that another took over from, in seconds: a request that began with the
// old set of keys may end a little later.
const takeOverMargin = 60

// Ends is from when on the key of an index checks no token and signs none, in Unix seconds; 0: it has no end. That is
// NotAfter, or where that is earlier, the time when the last token can expire that the key signed before another one
// took over for good.
func (s KeySet) Ends(key int) int64 {
	k, end := &s.Keys[key], s.Keys[key].NotAfter
	if k.Longest == 0 {
		return end
	}
	for i := len(s.Signing) - 1; i >= 0; i-- {
		if s.Signing[i].Key != key {
			continue
		}
		if i+1 < len(s.Signing) {
			if last := s.Signing[i+1].From + k.Longest + takeOverMargin; end == 0 || last < end {
				end = last
			}
		}
		break
	}
	return end
}

// ends are the ends of all keys, by index.
func (s KeySet) ends() []int64 {
	list := make([]int64, len(s.Keys))
	for i := range list {
		list[i] = s.Ends(i)
	}
	return list
}

func (s KeySet) ended(key int, now time.Time) bool { return ended(s.Ends(key), now.UnixMicro()) }

// ended reports whether an end in Unix seconds, 0 for none, has come at a time in Unix microseconds.
func ended(end, now int64) bool { return end != 0 && seconds(now) >= end }

// NextChange is the next time after now at which the state of a key changes by itself, in Unix seconds; 0: none does.
func (s KeySet) NextChange(now time.Time) int64 {
	var next int64
	at := func(t int64) {
		if t > seconds(now.UnixMicro()) && (next == 0 || t < next) {
			next = t
		}
	}
	for i := range s.Keys {
		at(s.Ends(i))
	}
	for _, k := range s.Signing {
		at(k.From)
	}
	return next
}

// SigningAt is the index in Keys of the key that signs at a time; -1 where none does.
func (s KeySet) SigningAt(now time.Time) int {
	at := seconds(now.UnixMicro())
	for i := len(s.Signing) - 1; i >= 0; i-- {
		if s.Signing[i].From <= at {
			return s.inKeys(s.Signing[i].Key)
		}
	}
	return -1
}

// signed is the index of the key that signed the current generation of a family; -1 where it signs no more.
func (s KeySet) signed(f *FamilyState, now time.Time) int {
	for _, k := range s.Signing {
		if key := s.inKeys(k.Key); f.Issued != 0 && key >= 0 && s.Keys[key].ID == f.KeyID && !s.ended(key, now) {
			return key
		}
	}
	return -1
}

// inKeys is an index of Keys, or -1 in place of any other number: who makes a Native need not have called Validate.
func (s KeySet) inKeys(key int) int {
	if key < 0 || key >= len(s.Keys) {
		return -1
	}
	return key
}

// SigningEnded reports whether the key that signs at a time has ended by then: no token is written until another one
// takes over.
func (s KeySet) SigningEnded(now time.Time) bool {
	key := s.SigningAt(now)
	return key >= 0 && s.ended(key, now)
}
