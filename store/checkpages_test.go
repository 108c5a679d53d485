package store_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// checkDamaged checks a file with other bytes. Whatever they are, it ends, and shows no part of a password hash.
func checkDamaged(t *testing.T, path string, b []byte) (store.Report, error) {
	t.Helper()
	must(t, os.WriteFile(path, b, 0o600))
	r, err := store.Check(path)
	said := strings.Join(shown(r), "\n")
	if err != nil {
		said += err.Error()
	}
	for _, hidden := range []string{secret[:6], hex.EncodeToString([]byte(secret[:6])), "pbkdf2"} {
		if strings.Contains(said, hidden) {
			t.Fatalf("Check shows a part of a password hash: %s", said)
		}
	}
	return r, err
}

// Check notices when a page in use is overwritten. With flipped bits it still ends, and shows no part of a password
// hash.
func TestCheckDamagedPages(t *testing.T) {
	for _, customers := range []int{4, 300} {
		path := fullStore(t, core.IntegerID, customers)
		whole, err := os.ReadFile(path)
		must(t, err)
		page := os.Getpagesize()
		inUse := map[int]bool{}
		b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
		must(t, err)
		must(t, b.View(func(tx *bbolt.Tx) error {
			for i := 0; ; i++ {
				info, err := tx.Page(i)
				if err != nil || info == nil {
					return err
				}
				inUse[i] = info.Type != "free"
			}
		}))
		must(t, b.Close())
		whole = whole[:len(inUse)*page] // the rest is room for growth
		for i, used := range inUse {
			for _, fill := range []byte{0, 0xff} {
				damaged := bytes.Clone(whole)
				copy(damaged[i*page:], bytes.Repeat([]byte{fill}, page))
				r, err := checkDamaged(t, path, damaged)
				if ok := err == nil && r.Sound(); ok == used {
					t.Errorf("page %d of %d customers, in use: %v, full of %#x: Check = %v, %v", i, customers, used,
						fill, shown(r), err)
				}
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		noticed := 0
		for range 300 {
			damaged := bytes.Clone(whole)
			for range 1 + random.IntN(4) {
				damaged[random.IntN(len(whole))] ^= 1 << random.IntN(8)
			}
			if r, err := checkDamaged(t, path, damaged); err != nil || !r.Sound() {
				noticed++
			}
		}
		t.Logf("%d of 300 flips among %d pages were noticed", noticed, len(inUse))
	}
}

// believe gives both headers of a file the sum that they should have.
func believe(file []byte) {
	for _, header := range []int{0, 4096} {
		sum := fnv.New64a()
		sum.Write(file[header+16 : header+72])
		binary.NativeEndian.PutUint64(file[header+72:], sum.Sum64())
	}
}

// Headers that bbolt would believe though they contradict each other are refused, before it maps pages that do not
// exist.
func TestHeadersThatContradictEachOther(t *testing.T) {
	const size, pages = 16 + 8, 16 + 40 // where a header names the size of a page, and their number
	path := closedStore(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	for _, c := range []struct {
		name  string
		alter func(file []byte)
		want  string
	}{
		{"second names another size of pages, and more of them", func(b []byte) {
			binary.NativeEndian.PutUint32(b[4096+size:], 1024)
			binary.NativeEndian.PutUint64(b[4096+pages:], 1<<30)
		}, "damaged: its header contradicts itself; restore a backup"},
		{"pages of no bytes", func(b []byte) {
			binary.NativeEndian.PutUint32(b[size:], 0)
		}, "damaged: its header contradicts itself; restore a backup"},
		{"so many pages that their bytes overflow", func(b []byte) {
			for _, header := range []int{0, 4096} {
				binary.NativeEndian.PutUint64(b[header+pages:], 1<<52)
			}
		}, "damaged: its header contradicts itself; restore a backup"},
	} {
		b := bytes.Clone(whole)
		c.alter(b)
		believe(b)
		must(t, os.WriteFile(path, b, 0o600))
		_, err := store.Check(path)
		wantErr(t, c.name+": Check", err, store.ErrCorrupt)
		if err != nil && err.Error() != "check store "+path+": "+c.want {
			t.Errorf("%s: Check = %v, want %s", c.name, err, c.want)
		}
		db, err := store.Open(store.Config{Path: path})
		wantErr(t, c.name+": Open", err, store.ErrCorrupt)
		if err == nil {
			db.Close()
		}
	}
}

// FuzzCheck changes a store where the fuzzer says: patches are 4 bytes each of place, 1 of value. Headers are made
// good again, so that what they say is believed.
func FuzzCheck(f *testing.F) {
	path := fullStore(f, core.IntegerID, 40)
	whole, err := os.ReadFile(path)
	must(f, err)
	const pages = 16 + 40 // where a header says how many pages there are; the rest is room for growth
	whole = whole[:4096*max(binary.NativeEndian.Uint64(whole[pages:]), binary.NativeEndian.Uint64(whole[4096+pages:]))]
	f.Add([]byte{})
	for _, header := range []uint32{0, 4096} {
		// page size, root, list of free pages, pages, transaction
		for _, field := range []uint32{8, 9, 16, 32, 40, 44, 48} {
			for _, value := range []byte{0, 7, 0xff} {
				f.Add(append(binary.LittleEndian.AppendUint32(nil, header+16+field), value))
			}
		}
	}
	for place := 4096*2 + 8; place < len(whole) && whole[place] != 0; place += 4096 {
		for _, at := range []int{0, 2, 4, 8, 12, 16, 20} {
			f.Add(append(binary.LittleEndian.AppendUint32(nil, uint32(place+at)), 9))
		}
	}
	f.Fuzz(func(t *testing.T, patches []byte) {
		damaged := bytes.Clone(whole)
		for ; len(patches) >= 5; patches = patches[5:] {
			damaged[binary.LittleEndian.Uint32(patches)%uint32(len(damaged))] = patches[4]
		}
		believe(damaged)
		checkDamaged(t, filepath.Join(t.TempDir(), "damaged.db"), damaged)
	})
}
