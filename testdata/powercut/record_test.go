package powercut_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// syncTime is how long a sync takes: as on a fast disk.
const syncTime = 300 * time.Microsecond

// sector is what a disk writes at once.
const sector = 512

var errDisk = errors.New("input/output error of this test")

// record is a disk that keeps all that is done to it, in order.
type record struct {
	fails func() bool // whether a sync fails
	mu    sync.Mutex
	ops   []op
}

// op is one entry of a record.
type op struct {
	faultdisk.Op
	// covers is, of a sync, how many entries there were when it began: these are durable from here on, unless it
	// failed. Then nobody knows of them for ever, since the system takes them for written and no later sync writes
	// them (fsync(2)).
	covers int
	failed bool
}

// now is the length of the record: a moment.
func (r *record) now() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

func (r *record) add(o op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, o)
}

func (r *record) WriteAt(f *os.File, b []byte, offset int64) (int, error) {
	r.add(op{Op: faultdisk.Op{Kind: faultdisk.Write, Offset: offset, Bytes: append([]byte(nil), b...)}})
	return f.WriteAt(b, offset)
}

func (r *record) Truncate(f *os.File, size int64) error {
	r.add(op{Op: faultdisk.Op{Kind: faultdisk.Truncate, Offset: size}})
	return f.Truncate(size)
}

// Sync does not trouble the disk of this machine: nothing is to survive it.
func (r *record) Sync(*os.File) error {
	covers := r.now()
	time.Sleep(syncTime)
	r.mu.Lock()
	defer r.mu.Unlock()
	o := op{Op: faultdisk.Op{Kind: faultdisk.Sync}, covers: covers, failed: r.fails()}
	r.ops = append(r.ops, o)
	if o.failed {
		return errDisk
	}
	return nil
}

// image is a file as a disk has it.
type image []byte

// apply does an operation; kept says of each of its sectors whether it reached the disk.
func (m *image) apply(o op, kept func() bool) {
	switch o.Kind {
	case faultdisk.Truncate:
		if kept() {
			m.resize(int(o.Offset))
		}
	case faultdisk.Write:
		for at := 0; at < len(o.Bytes); at += sector {
			if !kept() {
				continue
			}
			from, to := int(o.Offset)+at, int(o.Offset)+min(at+sector, len(o.Bytes))
			if to > len(*m) {
				m.resize(to)
			}
			copy((*m)[from:to], o.Bytes[at:])
		}
	}
}

func (m *image) resize(size int) {
	if size <= len(*m) {
		*m = (*m)[:size]
		return
	}
	*m = append(*m, make([]byte, size-len(*m))...)
}

// all keeps everything.
func all() bool { return true }

// cut is the file after the power failed at a moment; base is what it was before the record.
func (r *record) cut(base image, at int, random *rand.Rand) image {
	// The first sync that covers an entry says what becomes of it.
	durable := make([]bool, at)
	decided := 0
	for _, o := range r.ops[:at] {
		if o.Kind != faultdisk.Sync {
			continue
		}
		for ; decided < o.covers; decided++ {
			durable[decided] = !o.failed
		}
	}
	left := append(image(nil), base...)
	// Now and then the disk has nothing of the rest, or all.
	often := []float64{0, 1, random.Float64(), random.Float64(), random.Float64()}[random.IntN(5)]
	kept := func() bool { return random.Float64() < often }
	for i, o := range r.ops[:at] {
		switch {
		case durable[i]:
			left.apply(o, all)
		case o.Kind != faultdisk.Write || len(o.Bytes) < sector || random.IntN(8) > 0:
			left.apply(o, kept)
		default:
			before := append(image(nil), left...)
			left.apply(o, kept)
			left.tear(before, int(o.Offset)+sector*random.IntN(len(o.Bytes)/sector), random.IntN(sector))
		}
	}
	return left
}

// tear leaves of one sector the first bytes as they are and the rest as it was.
func (m *image) tear(before image, from, bytes int) {
	if end := from + sector; end <= len(*m) && end <= len(before) {
		copy((*m)[from+bytes:end], before[from+bytes:end])
	}
}
