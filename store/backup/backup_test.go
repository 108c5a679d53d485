package backup_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/edgetoken/edgetoken/store/backup"
)

const keys, content = "sealed keys", "a store, which is only bytes here"

var header = backup.Header{Schema: 4, ID: [16]byte{1, 2, 3}, Made: 1767225600000000, Store: int64(len(content))}

// made is a backup.
func made(t testing.TB, keys string) []byte {
	t.Helper()
	return stream(t, header, keys, content)
}

// stream is a backup as Stream gives it.
func stream(t testing.TB, h backup.Header, keys, store string) []byte {
	t.Helper()
	r, size, err := backup.Stream(h, []byte(keys), strings.NewReader(store+"what follows"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(iotest.OneByteReader(r))
	if err != nil || int64(len(b)) != size {
		t.Errorf("a backup of %d bytes gives %d: %v", size, len(b), err)
	}
	return b
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
	r, _, err := backup.Stream(long, nil, strings.NewReader(content))
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a store that is shorter than the header says: %v", err)
	}
	tooMany := make([]byte, backup.MaxKeys+1)
	if _, _, err := backup.Stream(header, tooMany, strings.NewReader(content)); err == nil {
		t.Error("too many bytes of keys were taken")
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What is accepted is what Stream would give, and nothing takes more memory than the input.
func FuzzReader(f *testing.F) {
	f.Add(made(f, keys))
	f.Add(made(f, ""))
	f.Add(made(f, keys)[:70])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, k, s, err := read(b)
		if err != nil {
			return
		}
		if again := stream(t, h, k, s); !bytes.Equal(b, again) {
			t.Errorf("%x was read and becomes %x", b, again)
		}
	})
}
