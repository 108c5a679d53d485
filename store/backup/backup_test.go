package backup_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/backup"
)

const keys, content = "sealed keys", "a store, which is only bytes here"

var header = backup.Header{Schema: 4, ID: [16]byte{1, 2, 3}, Made: 1767225600000000, Store: int64(len(content))}

// made is a backup.
func made(t testing.TB, keys string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := backup.Write(&b, header, []byte(keys), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a whole backup.
func read(b []byte) (h backup.Header, keys, store string, err error) {
	r, err := backup.NewReader(bytes.NewReader(b))
	if err != nil {
		return h, "", "", err
	}
	var s strings.Builder
	err = r.Extract(&s)
	return r.Header, string(r.Keys), s.String(), err
}

func TestRead(t *testing.T) {
	for _, keys := range []string{"", keys, strings.Repeat("k", backup.MaxKeys)} {
		b := made(t, keys)
		want := header
		want.Keys = len(keys)
		h, k, s, err := read(b)
		if h != want || k != keys || s != content || err != nil || h.Size() != int64(len(b)) {
			t.Errorf("with %d bytes of keys: %+v, %d bytes of keys, %q, %v", len(keys), h, len(k), s, err)
		}
		if !backup.Is(bytes.NewReader(b)) {
			t.Errorf("with %d bytes of keys it is no backup", len(keys))
		}
	}
}

// Whatever happens to a backup is noticed: a bit flipped anywhere, an end cut off anywhere, something that follows.
func TestDamaged(t *testing.T) {
	b := made(t, keys)
	for i := range len(b) * 8 {
		flipped := bytes.Clone(b)
		flipped[i/8] ^= 1 << (i % 8)
		_, _, _, err := read(flipped)
		if err == nil {
			t.Errorf("bit %d flipped: %v", i, err)
		}
	}
	for n := range len(b) {
		_, _, _, err := read(b[:n])
		want := backup.ErrDamaged
		if n < len("edgetoken backup") {
			want = backup.ErrForeign
		}
		if !errors.Is(err, want) {
			t.Errorf("cut short at %d: %v", n, err)
		}
	}
	if _, _, _, err := read(append(b, 0)); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a byte follows: %v", err)
	}
}

// What fails while a backup is read or written is no damage.
func TestFailures(t *testing.T) {
	b := made(t, keys)
	broken := errors.New("broken")
	for n := range len(b) {
		r, err := backup.NewReader(io.MultiReader(bytes.NewReader(b[:n]), failing{broken}))
		if err == nil {
			err = r.Extract(io.Discard)
		}
		if !errors.Is(err, broken) || errors.Is(err, backup.ErrDamaged) {
			t.Errorf("broken after %d bytes: %v", n, err)
		}
	}
	long := header
	long.Store++
	if err := backup.Write(io.Discard, long, nil, strings.NewReader(content)); err == nil {
		t.Error("a store that is shorter than the header says was written")
	}
	tooMany := make([]byte, backup.MaxKeys+1)
	if err := backup.Write(io.Discard, header, tooMany, strings.NewReader(content)); err == nil {
		t.Error("too many bytes of keys were written")
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What is accepted is what Write would write, and nothing takes more memory than the input.
func FuzzReader(f *testing.F) {
	f.Add(made(f, keys))
	f.Add(made(f, ""))
	f.Add(made(f, keys)[:70])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, k, s, err := read(b)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := backup.Write(&again, h, []byte(k), strings.NewReader(s)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, again.Bytes()) {
			t.Errorf("%x was read and becomes %x", b, again.Bytes())
		}
	})
}
