package fact_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/fact"
)

// frame has all facts that travel, among them one that a newer program wrote.
func frame() *fact.Frame {
	newer, _ := fact.Decode([]byte{63, 9, 1, 0, 0, 0, 'x'})
	list := slices.DeleteFunc(facts(), func(f fact.Fact) bool { return f.Kind().IsLocal() })
	return &fact.Frame{Node: 3, Incarnation: 0xa7, Sequence: 2, Previous: sha256.Sum256(nil), Made: milliseconds * 1000,
		Facts: append(list, newer)}
}

func encode(t testing.TB, f *fact.Frame) []byte {
	t.Helper()
	b, err := f.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFrame(t *testing.T) {
	for name, f := range map[string]*fact.Frame{
		"first": {Sequence: 1, Facts: []fact.Fact{}}, "full": frame(),
		"signed": {Sequence: 1, Facts: []fact.Fact{fact.Lifetimes{}}, Signature: []byte("signature")},
	} {
		b := encode(t, f)
		got, err := fact.ParseFrame(b)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("%s: %+v is read as %+v: %v", name, f, got, err)
		}
		if want := sha256.Sum256(b[:len(b)-2-len(f.Signature)]); f.Hash() != want || got.Hash() != want {
			t.Errorf("%s: the hashes are %x and %x, not %x", name, f.Hash(), got.Hash(), want)
		}
		if n := fact.FrameFacts(b); n != len(f.Facts) {
			t.Errorf("%s: it has %d facts by its header, and is made of %d", name, n, len(f.Facts))
		}
	}
	for _, b := range []string{"", "\x01", "\xff" + strings.Repeat("\x01", 100)} {
		if n := fact.FrameFacts([]byte(b)); n != 0 {
			t.Errorf("%d bytes that are no frame have %d facts", len(b), n)
		}
	}
}

// The encoding never changes.
func TestFrameSample(t *testing.T) {
	f := &fact.Frame{Node: 1, Incarnation: 0xa7, Sequence: 1, Made: milliseconds * 1000,
		Facts: []fact.Fact{fact.CutOff{Subject: fact.ByID(ada), At: milliseconds}}}
	want := strings.ReplaceAll("01 0100 a700000000000000 0100000000000000 "+strings.Repeat("00", 32)+
		" 0040204648470600 01000000 04 01 19000000 01 0700000000000000 00a8da769b010000 0000000000000000 0000", " ", "")
	if got := hex.EncodeToString(encode(t, f)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMalformedFrame(t *testing.T) {
	of := func(f fact.Fact) []byte { return encode(t, &fact.Frame{Sequence: 1, Facts: []fact.Fact{f}}) }
	many := of(fact.Lifetimes{})
	copy(many[1+2+8+8+32+8:], "\xff\xff\xff\xff") // the count
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"no version":              {[]byte{0}, fact.ErrMalformed},
		"a newer version":         {[]byte{2}, fact.ErrNewer},
		"sequence 0":              {encode(t, &fact.Frame{}), fact.ErrMalformed},
		"a first with one before": {encode(t, &fact.Frame{Sequence: 1, Previous: [32]byte{1}}), fact.ErrMalformed},
		"no time":                 {encode(t, &fact.Frame{Sequence: 1, Made: 1 << 62}), fact.ErrMalformed},
		"a fact that stays":       {of(fact.Clock{}), fact.ErrMalformed},
		"a malformed fact":        {of(fact.Lifetimes{Access: -1}), fact.ErrMalformed},
		"a count too high":        {many, fact.ErrMalformed},
		"too long":                {make([]byte, fact.MaxFrameBytes+1), fact.ErrMalformed},
	} {
		if f, err := fact.ParseFrame(c.b); !errors.Is(err, c.want) || f != nil {
			t.Errorf("%s: got %+v, %v", name, f, err)
		}
	}
}

func TestFrameTooLarge(t *testing.T) {
	for name, f := range map[string]*fact.Frame{
		"facts":     {Sequence: 1, Facts: slices.Repeat([]fact.Fact{fact.Lifetimes{}}, fact.MaxFrameBytes/30)},
		"signature": {Sequence: 1, Signature: make([]byte, 1<<16)},
	} {
		if b, err := f.Append(nil); !errors.Is(err, fact.ErrTooLarge) || b != nil {
			t.Errorf("%s: got %d bytes, %v", name, len(b), err)
		}
	}
}

// What does not fit into one frame fits into several, each as full as can be.
func TestRuns(t *testing.T) {
	large := fact.Customer{ID: ada, Made: made, Stamp: made, Set: fact.Attributes,
		Attributes: []byte(`{"a":"` + strings.Repeat("a", 60_000) + `"}`)}
	for n, want := range map[int]int{0: 0, 1: 1, 250: 1, 600: 3} {
		list := slices.Repeat([]fact.Fact{large}, n)
		var runs fact.Runs
		for _, f := range list {
			at := runs.Next(f)
			if runs.Add(f); at != len(runs.List)-1 {
				t.Fatalf("a fact comes to run %d, not to %d as announced", len(runs.List)-1, at)
			}
		}
		if len(runs.List) != want {
			t.Errorf("%d facts make %d frames, not %d", n, len(runs.List), want)
		}
		for _, run := range runs.List {
			encode(t, &fact.Frame{Sequence: 1, Facts: run, Signature: make([]byte, 1<<16-1)})
		}
		if left := len(slices.Concat(runs.List...)); left != n {
			t.Errorf("of %d facts %d are left", n, left)
		}
	}
}

// A frame that is damaged is refused, or is another frame with another hash.
func TestDamagedFrame(t *testing.T) {
	b := encode(t, frame())
	for n := range b {
		if _, err := fact.ParseFrame(b[:n]); !errors.Is(err, fact.ErrMalformed) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		if f := checkFrame(t, b); f != nil && f.Hash() == frame().Hash() {
			t.Errorf("bit %d is not in the hash", bit)
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
}

// checkFrame checks that bytes are no frame, or the only encoding of the one that it returns.
func checkFrame(t *testing.T, b []byte) *fact.Frame {
	t.Helper()
	f, err := fact.ParseFrame(b)
	if err != nil {
		if f != nil || !errors.Is(err, fact.ErrMalformed) && !errors.Is(err, fact.ErrNewer) {
			t.Fatalf("%x: got %+v, %v", b, f, err)
		}
		return nil
	}
	if again := encode(t, f); !bytes.Equal(again, b) {
		t.Fatalf("%x is encoded again as %x", b, again)
	}
	if line := f.AppendJSON(nil); !json.Valid(line) {
		t.Fatalf("%x is shown as %s", b, line)
	}
	return f
}

func FuzzFrame(f *testing.F) {
	f.Add(encode(f, frame()))
	f.Add(encode(f, &fact.Frame{Sequence: 1}))
	f.Fuzz(func(t *testing.T, b []byte) { checkFrame(t, b) })
}

func TestPosition(t *testing.T) {
	for text, want := range map[string]fact.Position{
		"0000000000000000:0":                    {},
		"00000000000000a7:12":                   {0xa7, 12},
		"ffffffffffffffff:18446744073709551615": {1<<64 - 1, 1<<64 - 1},
	} {
		got, err := fact.ParsePosition(text)
		if err != nil || got != want || got.String() != text || got.IsZero() != (want == fact.Position{}) {
			t.Errorf("%s is read as %v: %v", text, got, err)
		}
	}
	for _, text := range []string{"", ":", "a7:12", "00000000000000A7:12", "00000000000000a7", "00000000000000a7:",
		"00000000000000a7:012", "00000000000000a7:+1", "00000000000000a7:1 ", "00000000000000a7:18446744073709551616"} {
		if got, err := fact.ParsePosition(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if got := frame().Position(); got != (fact.Position{Incarnation: 0xa7, Sequence: 2}) {
		t.Errorf("a frame stands at %v", got)
	}
}
