package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/backup"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Restoring says how to restore a backup.
type Restoring struct {
	// KeepSessions keeps the log-ins alive that were alive when the backup was made. Those count again that were
	// revoked afterwards, and tokens that were spent afterwards. Log-ins that began afterwards end.
	KeepSessions bool
	// Replace replaces a store that is there already, and keeps it beside the new one.
	Replace bool
	// Sealed are private parts of keys that the store has, by ID: a backup has none. They are there before the store
	// gets its name. One of another key is ErrInvalid.
	Sealed map[string][]byte
	// Ready, if not nil, is called when the store is whole and its log-ins have ended, just before it gets its name. An
	// error keeps it from that.
	Ready func() error
}

// Restoration says what Restore did.
type Restoration struct {
	CutOff   time.Time // every log-in up to then has ended; zero with Restoring.KeepSessions
	Replaced string    // where the store is now that was there before; "" if there was none
	Retired  []string  // keys that stay retired, as they are in the store that was there before
}

// restoreInfix stands in the name of a store while it is being restored, between its later name and random digits.
const restoreInfix = ".restore-"

// ErrUnsound says that a backup is whole, but the store in it is not.
var ErrUnsound = errors.New("the store in the backup is damaged")

// Restore makes a store from a backup, at c.Path. It ends every log-in that this node ever began, since nobody knows
// which of them were revoked after the backup was made, and begins a new incarnation and a new epoch: see
// DB.restored. Only then does the file get its name. After a crash or an error there is no store, or the one that was
// there before, or the restored one.
//
// Further errors than those of Open, Check and package backup: fs.ErrExist if there is a store, ErrUnsound.
func Restore(ctx context.Context, c Config, b *backup.Reader, how Restoring) (r Restoration, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore store %s: %w", c.Path, diskError(err))
		}
	}()
	c = c.filled()
	if err := core.CheckClock(c.Now(), time.Time{}); err != nil {
		return r, err // nobody knows what to end
	}
	if err := c.checkDirectories(); err != nil {
		return r, err
	}
	c.Path = c.realPath()
	var retired []keyRecord
	if how.Replace {
		retired = retiredIn(c.Path)
	}
	old, err := c.lockExisting()
	if err != nil {
		return r, err
	}
	defer old.Close() // nil if there is none
	if old != nil && !how.Replace {
		return r, fs.ErrExist
	}
	if err := c.removeLeft(); err != nil {
		return r, err
	}
	part := c
	part.existing = true
	part.Path, err = c.extract(ctx, b)
	if part.Path != "" {
		defer func() { err = errors.Join(err, remove(part.Path)) }()
	}
	if err != nil {
		return r, err
	}
	c.reached("extracted")
	if err := sound(part.Path); err != nil {
		return r, err
	}
	if r.CutOff, r.Retired, err = part.begin(ctx, b.Header.Made/1000, how, retired); err != nil {
		return r, err
	}
	c.reached("ended")
	if how.Ready != nil {
		if err := how.Ready(); err != nil {
			return r, err
		}
	}
	if old == nil {
		err = os.Link(part.Path, c.Path) // which replaces nothing, such as the store of a node that has just started
	} else {
		r.Replaced, err = c.replace(part.Path)
	}
	if err != nil {
		return r, err
	}
	c.reached("named")
	return r, errors.Join(remove(part.Path), syncDirectory(filepath.Dir(c.Path)))
}

// Replaced is where a restore at some time keeps the file that it replaces, beside the new one.
func Replaced(path string, at time.Time) string {
	return path + ".replaced-" + at.UTC().Format("20060102T150405.000Z")
}

// replace puts a new store in the place of the old one, which gets another name. Until then the old one has both, so
// that there is a store at each moment.
func (c Config) replace(part string) (replaced string, err error) {
	replaced = Replaced(c.Path, c.Now())
	if err := os.Link(c.Path, replaced); err != nil {
		return "", err
	}
	c.reached("kept the old one")
	return replaced, os.Rename(part, c.Path)
}

// reached tells tests how far Restore or Adopt has come.
func (c Config) reached(step string) {
	if c.restoring != nil {
		c.restoring(step)
	}
}

// removeLeft removes what interrupted calls of Restore have left. One that goes on in another process fails then.
func (c Config) removeLeft() error {
	dir, name := filepath.Dir(c.Path), filepath.Base(c.Path)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name+restoreInfix) {
			err = errors.Join(err, remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// extract writes the store of a backup to a new file beside the place of the store, durable. An error may leave a file
// that is no store.
func (c Config) extract(ctx context.Context, b *backup.Reader) (path string, err error) {
	f, err := os.CreateTemp(filepath.Dir(c.Path), filepath.Base(c.Path)+restoreInfix+"*") // mode 0600
	if err != nil {
		return "", c.placeError(err)
	}
	return f.Name(), extractTo(ctx, b, f)
}

// extractTo writes the store of a backup to a new file, durable, and closes that.
func extractTo(ctx context.Context, b *backup.Reader, f *os.File) error {
	err := b.Extract(attentive{f, ctx})
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// sound refuses a store in which Check finds a problem.
func sound(path string) error {
	report, err := Check(path)
	if err != nil {
		return err
	}
	if n := len(report.Problems) + report.More; n > 0 {
		return fmt.Errorf("%w: %s; edgetoken check shows all %d problems: restore another backup", ErrUnsound,
			report.Problems[0], n)
	}
	return nil
}

// begin has a file that came from a backup begin anew: see DB.restored. It puts private parts of keys there, but for
// those that were retired, whose ids it returns.
func (c Config) begin(
	ctx context.Context, made int64, how Restoring, retired []keyRecord,
) (cutOff time.Time, kept []string, err error) {
	db, err := Open(c)
	if err != nil {
		return time.Time{}, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.write(ctx, func(w *writer) (facts resolved, err error) {
		facts, kept, err = w.restoreKeys(how.Sealed, retired)
		return facts, err
	})
	if err != nil {
		return time.Time{}, nil, err
	}
	at, err := db.restored(ctx, made, how.KeepSessions)
	if err != nil || how.KeepSessions {
		return time.Time{}, kept, err
	}
	return time.UnixMilli(at).UTC(), kept, nil
}

// lockExisting opens and locks the store that is there; nil if there is none.
func (c Config) lockExisting() (*os.File, error) {
	h, err := os.OpenFile(c.Path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, c.placeError(err)
	}
	if err := c.claim(h); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// restored makes a store that came back from a backup a new one. It begins a new epoch, in which each stamp is later
// than those that the node gave after the backup was made and has forgotten. The epoch is the time in Unix seconds, so
// that edges tell a hub apart that is restored twice from one backup. It begins a new incarnation, and closes
// all windows. It ends all log-ins at this node up to a time that it returns; with keepSessions only those that began
// after the backup was made. Both times are in Unix milliseconds.
//
// That time goes by what the clock says even if it is so far ahead of the backup that an operator has to confirm it.
// It lies as far ahead as a high-water mark: log-ins that were forgotten may have begun by a clock that was ahead of
// this one, or just after a cut-off that was, such as one after an earlier restore from the same backup.
func (db *DB) restored(ctx context.Context, made int64, keepSessions bool) (until int64, err error) {
	err = db.write(ctx, func(w *writer) (resolved, error) {
		n := w.node
		n.Epoch = max(n.Epoch+1, uint32(min(plausible(w.at.wall)/1e6, math.MaxUint32)))
		n.Incarnation++
		w.at.running += core.MaxGrace.Microseconds()
		wall, made := plausible(w.at.wall)/1000, plausible(made*1000)/1000
		until = max(core.ReserveUntil(max(w.now+w.ahead, wall, made)), w.beyond(wall-made))
		missing, err := w.missingOffers()
		if err != nil {
			return nil, err
		}
		remembered, err := w.remember()
		if err != nil {
			return nil, err
		}
		// Trust bundles may have been made since the backup, and invitations been used.
		facts, err := w.forgetInvitations()
		if err != nil {
			return nil, err
		}
		facts = slices.Concat(facts, resolved{n, fact.ReserveEpoch{At: until}}, missing, remembered)
		if keepSessions {
			forgotten, err := w.newGap(made, until)
			return append(facts, forgotten), err
		}
		return append(facts, fact.NodeCutOff{At: until}), nil
	})
	return until, err
}

// beyond lies after all cut-offs, and all log-ins just after them, that a store with this content may have given in a
// time, in milliseconds: one for each.
func (w *writer) beyond(passed int64) int64 {
	known := max(w.granted, w.tally.nodeCutOff(), w.gapEnd) + 1
	return min(known+min(max(passed, 0), maxAhead), core.LastStart)
}
