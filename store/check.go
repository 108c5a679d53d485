package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/backup"
)

// maxProblems bounds Report.Problems.
const maxProblems = 1000

// Report is what Check found.
type Report struct {
	ID  string      // as DB.ID; "" if it could not be read
	IDs core.IDKind // NoCustomer if it could not be read
	// Schema is the version of the layout, 0 if it could not be read. Older says that Open would upgrade the file,
	// Upgrading that it would go on with an upgrade that was interrupted.
	Schema           int
	Older, Upgrading bool
	Bytes            int64 // of the file
	// Customers, Families (with a record), those of them that were Revoked, Tombstones (of ids), Groups, Sessions and
	// Logins (listed) are counts, as far as buckets could be read.
	Customers, Families, Revoked, Tombstones, Groups, Sessions, Logins int
	LastCommit                                                         time.Time // zero if it could not be read
	// Made is when the backup was made that holds the store, and Keys says whether there are sealed keys in it; zero
	// and false if the file is no backup.
	Made time.Time
	Keys bool
	// Problems has the first 1000 problems; More counts the others.
	Problems []Problem
	More     int
}

// Problem is one thing that is wrong. It quotes no value of a record, so it shows no password hash.
type Problem struct {
	Bucket string // "" if the problem is with the file as a whole
	// Key is an id, an e-mail address, the name of a record in the bucket meta, or the hex digits of another key. If
	// the key cannot be read, it is the entry's place in the bucket, counted from 1. It is "" if the problem is with
	// the bucket as a whole.
	Key  string
	What string
}

// String is "bucket emails, key "ada@example.com": …".
func (p Problem) String() string {
	switch {
	case p.Bucket == "":
		return p.What
	case p.Key == "":
		return fmt.Sprintf("bucket %s: %s", p.Bucket, p.What)
	}
	return fmt.Sprintf("bucket %s, key %q: %s", p.Bucket, p.Key, p.What)
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool { return len(r.Problems) == 0 }

func (r *Report) found(p Problem) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, p)
}

// Check reads a whole store file, or a backup of one, and says what is wrong with its pages (bbolt's own check
// included), in each record, and between records. It changes and upgrades nothing, and may run where the file is
// read-only. It takes some 100 bytes of memory for each page (4 KiB) of the file. It reads the last commit, synced or
// not. It copies the store out of a backup, to a temporary file without a name.
//
// The error is ErrLocked if another process has the file open. Check a copy then; a copy that was made while that
// process wrote may show damage that the file does not have. Further errors are ErrPlace, ErrForeign, ErrNewerSchema,
// ErrCorrupt if nothing at all can be read, and backup.ErrNewer. With an error the report is zero; all other problems
// are in the report.
func Check(path string) (r Report, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			r.found(Problem{What: damage(p).Error()})
		}
		if err != nil {
			r, err = Report{}, fmt.Errorf("check store %s: %w", path, err)
		}
	}()
	f, err := openShared(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return r, err
	}
	r.Bytes = info.Size()
	if backup.Is(f) {
		err = r.backup(f)
	} else {
		err = r.store(f)
	}
	return r, err
}

// backup checks a backup. That it is not whole is its only problem then, since nobody knows what is in it.
func (r *Report) backup(f *os.File) error {
	b, err := backup.NewReader(f)
	var part *os.File
	if err == nil {
		r.Made, r.Keys = time.UnixMicro(b.Header.Made).UTC(), b.Header.Keys > 0
		if part, err = nameless(os.TempDir(), "edgetoken-check-*"); err != nil {
			return err
		}
		defer part.Close()
		err = b.Extract(part)
	}
	if errors.Is(err, backup.ErrDamaged) {
		r.found(Problem{What: err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	return r.store(part)
}

// store checks a store file.
func (r *Report) store(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := checkHeader(f, info.Size()); err != nil {
		return err
	}
	sound := r.pages(f)
	if sound == nil {
		return nil
	}
	bolt, err := readOnly(f)
	if err != nil {
		return err
	}
	defer bolt.Close()
	return bolt.View(func(tx *bbolt.Tx) error {
		if sound.whole {
			for err := range tx.Check(bbolt.WithKVStringer(noKeys{})) {
				r.found(Problem{What: "bbolt: " + err.Error()})
			}
		}
		return r.records(tx, sound.buckets)
	})
}

// noKeys keeps keys out of bbolt's messages: on a damaged page a key may be any bytes, even a secret.
type noKeys struct{}

func (noKeys) KeyToString(key []byte) string     { return fmt.Sprintf("(%d bytes)", len(key)) }
func (noKeys) ValueToString(value []byte) string { return fmt.Sprintf("(%d bytes)", len(value)) }

// openShared opens a file for reading, with a lock that keeps writers out until the file is closed.
func openShared(path string) (*os.File, error) {
	// Opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: there is no such file", ErrPlace)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrPlace, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: it is no regular file", ErrPlace)
	case info.Size() == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrForeign)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlace, err)
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("it is %w: stop the node that runs on it, or check a backup", ErrLocked)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// soundness says what bbolt can read safely.
type soundness struct {
	buckets map[string]bool
	whole   bool // all the file
}

// pages checks the pages of a file; nil if not even the list of buckets is sound.
func (r *Report) pages(f io.ReaderAt) *soundness {
	found, _ := metas(f)
	if len(found) == 1 {
		r.found(Problem{What: "one of the two copies of the header is damaged: if no commit was cut short or taken " +
			"back there, what it wrote is lost"})
	}
	p := pages{file: f, meta: found[0], used: make([]bool, found[0].pages)}
	buckets := map[string][]byte{}
	err := p.walk(p.meta.root, func(e element) error {
		if !e.bucket {
			return fmt.Errorf("it holds a record where a bucket should be")
		}
		buckets[string(e.key)] = e.value
		return nil
	})
	if err != nil {
		r.found(Problem{What: "list of buckets: " + err.Error()})
		return nil
	}
	sound := r.buckets(&p, buckets)
	if err := p.freelist(); err != nil {
		r.found(Problem{What: "list of free pages: " + err.Error()})
		sound.whole = false
	}
	return sound
}

// buckets checks the pages of each bucket. entries are those of the list of buckets.
func (r *Report) buckets(p *pages, entries map[string][]byte) *soundness {
	sound := &soundness{buckets: map[string]bool{}, whole: true}
	// The bucket meta comes first and says which others there are.
	version, upgrading := int64(schema), false
	see := func(key, value []byte) {
		if read, err := decodeNumber("", value); err == nil && string(key) == string(schemaKey) {
			version = read
		}
		upgrading = upgrading || string(key) == string(upgradeKey)
	}
	names := [][]byte{metaBucket}
	for i := 0; i < len(names); i++ {
		name := names[i]
		entry, ok := entries[string(name)]
		delete(entries, string(name))
		if !ok {
			r.found(Problem{Bucket: string(name), What: "it is missing"})
			continue
		}
		if err := p.bucket(entry, see); err != nil {
			r.found(Problem{Bucket: string(name), What: err.Error()})
			sound.whole = false
			if i == 0 { // then the others cannot be told from those of another program
				names = append(names, bucketsOf(version)[1:]...)
			}
			continue
		}
		sound.buckets[string(name)] = true
		if see = func([]byte, []byte) {}; i == 0 {
			names = append(names, bucketsOf(version)[1:]...)
			if _, ok := entries[string(rightsBucket)]; ok && upgrading { // of schema 1, it has none
				names = append(names, rightsBucket)
			}
		}
	}
	if len(entries) > 0 {
		// Nothing is known of their pages, so bbolt must not read the whole file.
		r.found(Problem{What: fmt.Sprintf("%d buckets are none of this version's", len(entries))})
		sound.whole = false
	}
	return sound
}
