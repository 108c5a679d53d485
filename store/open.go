package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Config says which store to open. Path alone is enough.
type Config struct {
	// Path of the file. It is made, with mode 0600, where there is none; its directory must exist, and nobody but the
	// owner may write to either, unless Trusted says so.
	Path string
	// Trusted are bits of the modes of file and directory that may be set although they let others than the owner in:
	// 0o070 where their group is trusted.
	Trusted fs.FileMode
	// IDs is the kind of ids: for a new store NoCustomer means IntegerID. An existing store keeps its kind: NoCustomer
	// accepts it, another kind is ErrIDKind.
	IDs core.IDKind
	// Now is the wall clock; nil: time.Now.
	Now func() time.Time
	// Elapsed is the reading of a monotonic clock, from any moment on: setting the wall clock does not move it. nil:
	// the monotonic readings of the times that Now gives, or where they have none a clock of the process.
	Elapsed func() time.Duration
	// FoldEmails says that no two e-mail addresses may differ in case alone: adding the second is ErrExists. Pairs that
	// are stored already stay; DB.Collisions names them.
	FoldEmails bool
	// MaxSessions bounds the sessions of all customers together, see StartSession; 0: DefaultMaxSessions.
	MaxSessions int
	// MaxLogins bounds the listed log-ins by tokens of all customers together: beyond it those that end first are
	// listed no longer, and go on. 0: DefaultMaxLogins.
	MaxLogins int
	// Rand makes ids; nil: crypto/rand.
	Rand io.Reader
	// Staleness and Skew are what a fleet allows: how old the knowledge of a node may be, and how far its clock may be
	// off. A cut-off lies Staleness + 2 × Skew ahead, so that it also ends what begins elsewhere before it is known
	// there. On a single node they count for nothing.
	Staleness, Skew time.Duration
	// Outbox keeps a frame of each commit for other nodes, until DB.Acknowledge.
	Outbox bool
	// MaxOutbox bounds the outbox, in bytes: ErrOutboxFull beyond it. 0: DefaultMaxOutbox.
	MaxOutbox int64
	// MaxFamilyIndex bounds the memory of the index that answers look-ups of families without a record, in bytes. 0:
	// DefaultMaxFamilyIndex. Beyond it, look-ups read the file.
	MaxFamilyIndex int64

	// existing says that the file is not made where there is none.
	existing bool
	// openFile opens the file; nil: os.OpenFile. Tests use it to get hold of the file.
	openFile func(string, int, os.FileMode) (*os.File, error)
	// committing, if not nil, is called before each commit. Tests use it to make commits as slow as on a real disk.
	committing func()
	// restoring, if not nil, is called after each step of Restore and Adopt. Tests use it to end the process there.
	restoring func(step string)
}

// allocSize is how many bytes a file grows at a time; bbolt's default is 16 MiB.
const allocSize = 1 << 20

// Open opens or makes a store. It never waits: a file that another process holds is ErrLocked at once. Further
// errors: ErrPlace, ErrExposed, ErrEmpty, ErrForeign, ErrCorrupt, ErrNewerSchema, ErrIDKind; each text names the path
// and what to do.
func Open(c Config) (*DB, error) {
	c = c.filled()
	f, err := c.open()
	if err != nil {
		return nil, err
	}
	for _, suffix := range []string{compactSuffix, adoptSuffix} { // what was interrupted left it
		if err := remove(c.realPath() + suffix); err != nil {
			return nil, fmt.Errorf("open store %s: %w", c.Path, errors.Join(err, f.bolt.Close()))
		}
	}
	db := newDB(c, f)
	db.index.refill(f.bolt)
	go db.commits()
	if err := db.reread(context.Background()); err != nil {
		return nil, fmt.Errorf("open store %s: apply what was quarantined: %w", c.Path, errors.Join(err, db.Close()))
	}
	return db, nil
}

// filled is the Config with its defaults.
func (c Config) filled() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.openFile == nil {
		c.openFile = os.OpenFile
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = DefaultMaxSessions
	}
	if c.MaxLogins == 0 {
		c.MaxLogins = DefaultMaxLogins
	}
	if c.MaxOutbox == 0 {
		c.MaxOutbox = DefaultMaxOutbox
	}
	if c.MaxFamilyIndex == 0 {
		c.MaxFamilyIndex = DefaultMaxFamilyIndex
	}
	return c
}

// ahead is how far a cut-off lies ahead of now, in milliseconds.
func (c Config) ahead() int64 { return (c.Staleness + 2*c.Skew).Milliseconds() }

// file is an open bbolt file that was found to be a store.
type file struct {
	bolt     *bbolt.DB
	handle   *os.File // bbolt's own
	info     os.FileInfo
	identity identity
	older    int // the schema that it had before opening upgraded it, or 0
	// What follows is as it was on opening, and durable.
	transaction int
	tally       tally
	purgeClock  int64
	node        fact.Node // of the last incarnation that wrote; in one that serves, its own
	fleet       fleet
	gap         gap
	membership  Membership
	roster      roster
	head        fact.Position // of the last frame
	previous    uint64        // the last incarnation that wrote
}

// clock is the logical time from which the file goes on, in Unix microseconds: the end of the high-water mark.
func (f *file) clock() int64 { return min(f.tally.mark, lastMoment/1000)*1000 + 999 }

// open opens the file, makes the buckets of a new one, and has what an old one shows on the disk: see renew.
func (c Config) open() (f file, err error) {
	if c.IDs > core.TextID {
		return file{}, fmt.Errorf("open store %s: there is no kind of ids %d", c.Path, c.IDs)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("open store %s: %w", c.Path, damage(p))
		}
		if err != nil && f.handle != nil {
			release(f.handle) // even if bbolt's own Close could not
		}
	}()
	if err := c.checkDirectories(); err != nil {
		return file{}, err
	}
	options := c.options()
	options.OpenFile = func(_ string, flag int, mode os.FileMode) (*os.File, error) {
		h, err := c.openOrMake(flag&^os.O_CREATE, mode)
		if err != nil {
			return nil, err
		}
		if err = c.claim(h); err == nil {
			err = c.checkFile(h)
		}
		if err != nil {
			h.Close()
			return nil, err
		}
		f.handle = h
		f.info, err = h.Stat()
		return h, err
	}
	f.bolt, err = bbolt.Open(c.Path, 0o600, options)
	if err != nil {
		switch {
		case f.handle == nil: // one of ours
			return file{}, err
		case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch),
			errors.Is(err, bolterrors.ErrChecksum):
			return f, fmt.Errorf("open store %s: %w: restore a backup (%w)", c.Path, ErrCorrupt, err)
		}
		return f, fmt.Errorf("open store %s: %w", c.Path, diskError(err))
	}
	f.bolt.AllocSize = allocSize
	if err = f.prepare(c); err == nil {
		f.previous = f.node.Incarnation
		f.node.Incarnation, err = incarnate(f.node.Incarnation, c.Now(), c.Rand)
	}
	if err != nil {
		return f, errors.Join(err, f.bolt.Close())
	}
	return f, nil
}

// release closes a handle of bbolt's, which may be closed already, and frees the lock. Closing alone would not free it:
// a mapping keeps the file open, and the lock with it.
func release(h *os.File) error {
	_ = syscall.Flock(int(h.Fd()), syscall.LOCK_UN)
	return h.Close()
}

// options are those of bbolt.
func (c Config) options() *bbolt.Options {
	return &bbolt.Options{
		// claim has taken the lock already, so bbolt never waits for it; 0 would mean forever.
		Timeout: time.Millisecond,
		// With the array type each commit takes time in proportion to the free pages, and a purge frees many.
		FreelistType: bbolt.FreelistMapType,
		// Mapping the file anew waits for all readers, so this reserves room once. It takes address space, not memory.
		InitialMmapSize: 256 << 20,
		// Every reader would take the mutex of these counters.
		NoStatistics: true,
		// NoSync and NoGrowSync stay off: what is acknowledged is on the disk. NoFreelistSync stays off: without the
		// list on disk, every opening would read the whole file.
	}
}

// openOrMake opens the file. If there is none, it makes a store first.
func (c Config) openOrMake(flag int, mode os.FileMode) (*os.File, error) {
	h, err := c.openFile(c.Path, flag, mode)
	if errors.Is(err, fs.ErrNotExist) && !c.existing {
		if err := c.make(); err != nil {
			return nil, err
		}
		h, err = c.openFile(c.Path, flag, mode)
	}
	if err != nil {
		return nil, c.placeError(err)
	}
	return h, nil
}

// claim locks a file that was just opened.
func (c Config) claim(h *os.File) error {
	if err := syscall.Flock(int(h.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("open store: %s is %w: use the admin socket of the node that runs on it, or stop it", c.Path,
			ErrLocked)
	} else if err != nil {
		return fmt.Errorf("lock store %s: %w", c.Path, err)
	}
	return nil
}

// checkFile looks at a file before bbolt does. It refuses an empty file: something has emptied a store, and a new store
// in its place would know no revocation.
func (c Config) checkFile(h *os.File) error {
	info, err := h.Stat()
	if err != nil {
		return fmt.Errorf("open store %s: %w", c.Path, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("open store %s: %w: it is no regular file", c.Path, ErrPlace)
	}
	if info.Mode().Perm()&0o022&^c.Trusted != 0 {
		return fmt.Errorf("open store %s: %w: run chmod 600 %[1]s", c.Path, ErrExposed)
	}
	if info.Size() == 0 {
		return fmt.Errorf("open store: %s is %w: restore a backup, or remove it for a new store", c.Path, ErrEmpty)
	}
	if err := checkHeader(h, info.Size()); err != nil {
		return fmt.Errorf("open store %s: %w", c.Path, err)
	}
	return nil
}

// checkDirectories checks the directory of the path and, if the path is a link, also that of the file. Whoever can
// write to either controls the store.
func (c Config) checkDirectories() error {
	at := filepath.Dir(c.Path)
	err := c.checkDirectory(at)
	if place := filepath.Dir(c.realPath()); err == nil && place != at {
		err = c.checkDirectory(place)
	}
	return err
}

func (c Config) checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("open store %s: %w: there is no directory %s; run mkdir -m 700 %[3]s", c.Path, ErrPlace, dir)
	case err != nil:
		return c.placeError(err)
	case !info.IsDir():
		return fmt.Errorf("open store %s: %w: %s is no directory", c.Path, ErrPlace, dir)
	case info.Mode().Perm()&0o022&^c.Trusted != 0:
		return fmt.Errorf("open store %s: directory %s: %w: run chmod go-w %[2]s", c.Path, dir, ErrExposed)
	}
	return nil
}

func (c Config) placeError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("open store %s: %w for writing by this user: check owner and mode of the file and its "+
			"directory (%w)", c.Path, ErrPlace, err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("open store %s: %w: it is a directory", c.Path, ErrPlace)
	}
	return fmt.Errorf("open store %s: %w: %w", c.Path, ErrPlace, err)
}

// diskError says what to do if a disk or a quota is full or a file reaches the size limit. bbolt gives some of these
// causes only as text.
func diskError(err error) error {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return fmt.Errorf("no room for the file: free some, or raise the quota or the limit of file sizes (%w)",
				err)
		}
	}
	return err
}
