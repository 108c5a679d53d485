package core_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// A client is told of a key that ended what it is told of one that there never was, in every version and by every operation.
func TestKeyEndedIsInvalid(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		s := core.DefaultSettings()
		s.Compat = version
		type told struct {
			code           core.Code
			detail, public string
			perClass       bool
		}
		tell := func(op core.Op, cause core.Cause) (w told) {
			w.code, w.detail, w.perClass = s.Told(op, cause)
			_, _, w.public = s.Describe(cause)
			return w
		}
		for op := core.Authenticate; op.Known(); op++ {
			if got, want := tell(op, core.KeyEnded), tell(op, core.UnknownKey); got != want || got.code != core.TokenNotValid || got.public != "invalid" {
				t.Errorf("%s, op %d: %+v, want %+v", version, op, got, want)
			}
		}
	}
	if got := core.KeyEnded.String(); got != "key_ended" {
		t.Errorf("the log has %q", got)
	}
}

func TestKeySetEnds(t *testing.T) {
	const end = 1790000000
	for _, c := range []struct {
		name     string
		notAfter int64
		signing  int
		at       int64
		valid    bool
		ended    bool
	}{
		{"none", 0, 0, 1 << 40, true, false},
		{"a second before", end, 0, end - 1, true, false},
		{"at the end", end, 0, end, true, true},
		{"of a key that does not sign", end, -1, end, true, false},
		{"the last second of 9999", 253402300799, 0, end, true, false},
		{"the year 10000", 253402300800, 0, end, false, false},
		{"before 1970", -1, 0, end, false, true},
	} {
		set := core.KeySet{Keys: []core.KeyInfo{{Algorithm: "HS256", NotAfter: c.notAfter}}, Signing: c.signing}
		if err := set.Validate(); (err == nil) != c.valid {
			t.Errorf("%s: Validate() = %v, want it to be valid: %v", c.name, err, c.valid)
		}
		if got := set.SigningEnded(time.Unix(c.at, 0)); got != c.ended {
			t.Errorf("%s: SigningEnded(%d) = %v, want %v", c.name, c.at, got, c.ended)
		}
	}
	for _, set := range []core.KeySet{{}, {Signing: 1}} {
		if set.SigningEnded(time.Unix(end, 0)) {
			t.Errorf("%+v: a key that is not there has ended", set)
		}
	}
}
