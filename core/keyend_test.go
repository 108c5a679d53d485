package core_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// A client is told of a key that ended what it is told of one that there never was, in every version and by every
// operation.
func TestKeyEndedIsInvalid(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		s := core.DefaultSettings()
		s.Compat = version
		type told struct {
			code           core.Code
			detail, public string
			perClass       bool
		}
		tell := func(op core.Op, cause cause.Cause) (w told) {
			w.code, w.detail, w.perClass = s.Told(op, cause)
			_, _, w.public = s.Describe(cause)
			return w
		}
		for op := core.Authenticate; op.Known(); op++ {
			if got, want := tell(op, cause.KeyEnded), tell(op, cause.UnknownKey); got != want ||
				got.code != core.TokenNotValid || got.public != "invalid" {
				t.Errorf("%s, op %d: %+v, want %+v", version, op, got, want)
			}
		}
	}
	if got := cause.KeyEnded.String(); got != "key_ended" {
		t.Errorf("the log has %q", got)
	}
}

func TestKeySetEnds(t *testing.T) {
	const end = 1790000000
	always := []core.SigningKey{{}}
	for _, c := range []struct {
		name     string
		notAfter int64
		signing  []core.SigningKey
		at       int64
		valid    bool
		ended    bool
	}{
		{"none", 0, always, 1 << 40, true, false},
		{"a second before", end, always, end - 1, true, false},
		{"at the end", end, always, end, true, true},
		{"of a key that does not sign", end, nil, end, true, false},
		{"of a key that does not sign yet", end, []core.SigningKey{{From: end + 1}}, end, true, false},
		{"the last second of 9999", 253402300799, always, end, true, false},
		{"the year 10000", 253402300800, always, end, false, false},
		{"before 1970", -1, always, end, false, true},
	} {
		set := core.KeySet{Keys: []core.KeyInfo{{Algorithm: "HS256", NotAfter: c.notAfter}}, Signing: c.signing}
		if err := set.Validate(); (err == nil) != c.valid {
			t.Errorf("%s: Validate() = %v, want it to be valid: %v", c.name, err, c.valid)
		}
		if got := set.SigningEnded(time.Unix(c.at, 0)); got != c.ended {
			t.Errorf("%s: SigningEnded(%d) = %v, want %v", c.name, c.at, got, c.ended)
		}
	}
}

// Each key of a schedule signs from its time on, to the second, until the next one takes over.
func TestSigningAt(t *testing.T) {
	set := core.KeySet{Keys: make([]core.KeyInfo, 3), Signing: []core.SigningKey{{Key: 2, From: 100},
		{Key: 0, From: 200}, {Key: 2, From: 300}}}
	for at, want := range map[time.Duration]int{
		0: -1, 100*time.Second - 1: -1, 100 * time.Second: 2, 200*time.Second - 1: 2, 200 * time.Second: 0,
		299 * time.Second: 0, 300 * time.Second: 2, 1 << 62: 2,
	} {
		if got := set.SigningAt(time.Unix(0, 0).Add(at)); got != want {
			t.Errorf("after %v key %d signs, want %d", at, got, want)
		}
	}
}

func TestKeySetSchedule(t *testing.T) {
	for _, c := range []struct {
		name    string
		signing []core.SigningKey
		valid   bool
	}{
		{"none", nil, true},
		{"one after the other", []core.SigningKey{{Key: 1}, {Key: 0, From: 1}}, true},
		{"no such key", []core.SigningKey{{Key: 2}}, false},
		{"no index", []core.SigningKey{{Key: -1}}, false},
		{"two at one time", []core.SigningKey{{From: 7}, {Key: 1, From: 7}}, true},
		{"descending", []core.SigningKey{{From: 7}, {Key: 1, From: 6}}, false},
		{"before 1970", []core.SigningKey{{From: -1}}, false},
		{"the year 10000", []core.SigningKey{{From: 253402300800}}, false},
	} {
		set := core.KeySet{Keys: []core.KeyInfo{{Algorithm: "HS256"}, {Algorithm: "HS256"}}, Signing: c.signing}
		if err := set.Validate(); (err == nil) != c.valid {
			t.Errorf("%s: Validate() = %v, want it to be valid: %v", c.name, err, c.valid)
		}
	}
}
