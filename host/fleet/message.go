package fleet

import (
	"cmp"
	"time"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// place is a place in the hub's log. Places of different epochs have nothing to do with each other: the hub was
// restored in between.
type place struct {
	epoch uint32
	at    fact.Position
}

// compare compares places of one epoch.
func (p place) compare(q place) int { return compare(p.at, q.at) }

// compare orders the positions of one node: its incarnations grow.
func compare(p, q fact.Position) int {
	return cmp.Or(cmp.Compare(p.Incarnation, q.Incarnation), cmp.Compare(p.Sequence, q.Sequence))
}

func appendPosition(b []byte, p fact.Position) []byte {
	return codec.U64(codec.U64(b, p.Incarnation), p.Sequence)
}

func readPosition(r *codec.Reader) fact.Position {
	return fact.Position{Incarnation: r.U64(), Sequence: r.U64()}
}

func (p place) append(b []byte) []byte { return appendPosition(codec.U32(b, p.epoch), p.at) }

func readPlace(r *codec.Reader) place { return place{r.U32(), readPosition(r)} }

// hello is what an edge says twice a second.
type hello struct {
	incarnation uint64
	// previous is the incarnation before in the edge's store, and continues the last frame that the store had made when
	// this one began.
	previous  uint64
	continues fact.Position
	follows   place         // how far the edge has followed the log
	head      fact.Position // the last frame that it made
	wall      int64         // its clock, Unix microseconds
	ready     bool          // it has taken what it must before it advances log-ins
	ends      bool          // the process ends, and needs its lease no more
	left      bool          // it takes nothing any more, as a welcome asked for
	// What the nodes of a fleet must agree on.
	staleness, skew time.Duration
	waiting         int64  // bytes in its outbox
	quarantined     int64  // facts and frames that it cannot read
	agreed          uint64 // Agreed.digest
	version         string
}

// append: u64 incarnation | u64 previous | position | u32 epoch, position | position | i64 wall, µs | u8 ready |
// u8 ends | u8 left | i64 staleness, ms | i64 skew, ms | i64 waiting, bytes | i64 quarantined | u64
// agreed | version.
func (h *hello) append(b []byte) []byte {
	b = appendPosition(codec.U64(codec.U64(b, h.incarnation), h.previous), h.continues)
	b = appendPosition(h.follows.append(b), h.head)
	b = codec.Bool(codec.Bool(codec.Bool(codec.I64(b, h.wall), h.ready), h.ends), h.left)
	b = codec.I64(codec.I64(b, h.staleness.Milliseconds()), h.skew.Milliseconds())
	b = codec.I64(codec.I64(b, h.waiting), h.quarantined)
	return codec.Text(codec.U64(b, h.agreed), h.version)
}

func readHello(b []byte) (h hello, ok bool) {
	r := codec.Reader{Rest: b}
	h = hello{incarnation: r.U64(), previous: r.U64(), continues: readPosition(&r), follows: readPlace(&r),
		head: readPosition(&r), wall: r.I64(), ready: r.Bool(), ends: r.Bool(), left: r.Bool(),
		staleness: milliseconds(&r), skew: milliseconds(&r), waiting: r.I64(), quarantined: r.I64(), agreed: r.U64(),
		version: r.Text()}
	return h, r.Done() && h.incarnation != 0 && len(h.version) <= maxVersion
}

// maxVersion bounds the text of a version, in bytes.
const maxVersion = 64

func milliseconds(r *codec.Reader) time.Duration {
	const most = int64(365 * 24 * time.Hour / time.Millisecond)
	v := r.I64()
	if v < 0 || v > most {
		r.Bad = true
		return 0
	}
	return time.Duration(v) * time.Millisecond
}

// welcome is the hub's answer to a hello.
type welcome struct {
	head  place         // where the log ends
	lease time.Duration // from the sending of the hello on; 0: none
	whole bool          // the hub knows all that it ever acknowledged
	// fenced: a later incarnation of the number has said hello, so this one is over.
	fenced bool
	// registered is the incarnation that counts.
	registered uint64
	// take: the edge must take the generations of its families before it advances any.
	take bool
	// withdrawn: the edge was taken out of the fleet. Nothing else is said then.
	withdrawn bool
	// leave: the edge is about to be withdrawn. It must take nothing any more, and send what it has.
	leave  bool
	wall   int64  // the hub's clock, Unix microseconds
	bundle uint64 // epoch of the latest trust bundle; 0: there is none
	agreed string // Agreed.list of the hub, where its digest is not that of the hello; "": they agree
}

// append: u32 epoch, position | i64 lease, ms | u8 flags (1 whole, 2 fenced, 4 take, 8 withdrawn, 16 leave) | i64 wall,
// µs | u64 bundle | u64 registered | agreed.
func (w *welcome) append(b []byte) []byte {
	b = codec.I64(w.head.append(b), w.lease.Milliseconds())
	var flags byte
	for i, set := range []bool{w.whole, w.fenced, w.take, w.withdrawn, w.leave} {
		if set {
			flags |= 1 << i
		}
	}
	b = codec.U64(codec.U64(codec.I64(append(b, flags), w.wall), w.bundle), w.registered)
	return codec.Text(b, w.agreed)
}

func readWelcome(b []byte) (w welcome, ok bool) {
	r := codec.Reader{Rest: b}
	w = welcome{head: readPlace(&r), lease: milliseconds(&r)}
	flags := r.U8()
	w.whole, w.fenced, w.take, w.withdrawn = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	w.leave = flags&16 != 0
	w.wall, w.bundle, w.registered, w.agreed = r.I64(), r.U64(), r.U64(), r.Text()
	return w, r.Done() && flags < 32
}

// batch is a piece of the log: the frames that follow a place.
type batch struct {
	after  place
	frames [][]byte
}

// bytesOf is how long frames are together.
func bytesOf(frames [][]byte) (size int) {
	for _, raw := range frames {
		size += len(raw)
	}
	return size
}

// append: u32 epoch, position | u32 count | frames, each with u32 length.
func (p *batch) append(b []byte) []byte { return appendList(p.after.append(b), p.frames) }

func readBatch(b []byte) (p batch, ok bool) {
	r := codec.Reader{Rest: b}
	p.after = readPlace(&r)
	p.frames = readList(&r)
	return p, r.Done()
}

// appendList: u32 count | byte strings, each with u32 length.
func appendList(b []byte, list [][]byte) []byte {
	b = codec.U32(b, uint32(len(list)))
	for _, x := range list {
		b = codec.Bytes(b, x)
	}
	return b
}

func readList(r *codec.Reader) (list [][]byte) {
	n := r.U32()
	if int64(n) > int64(len(r.Rest))/4 { // each has its length
		r.Bad = true
		return nil
	}
	list = make([][]byte, 0, n)
	for ; n > 0 && !r.Bad; n-- {
		list = append(list, r.Bytes())
	}
	return list
}

// fetched is the answer to a fetch: u8 gone | batch. gone: the log does not go back so far, or the hub was restored.
// The batch has the hub's epoch.
type fetched struct {
	gone bool
	batch
}

func (f *fetched) append(b []byte) []byte { return f.batch.append(codec.Bool(b, f.gone)) }

func readFetched(b []byte) (f fetched, ok bool) {
	r := codec.Reader{Rest: b}
	f.gone = r.Bool()
	f.after, f.frames = readPlace(&r), readList(&r)
	return f, r.Done()
}

// accepted is the answer to frames.
type accepted struct {
	upTo    fact.Position // the hub has all frames up to this one
	fenced  bool          // it refused an advance, since a later incarnation of the number has said hello
	refused uint32        // facts that it refused in all
	reason  string        // of the first one
}

// append: position | u8 fenced | u32 refused | reason.
func (a *accepted) append(b []byte) []byte {
	b = codec.Bool(appendPosition(b, a.upTo), a.fenced)
	return codec.Text(codec.U32(b, a.refused), clip(a.reason))
}

func readAccepted(b []byte) (a accepted, ok bool) {
	r := codec.Reader{Rest: b}
	a = accepted{upTo: readPosition(&r), fenced: r.Bool(), refused: r.U32(), reason: r.Text()}
	return a, r.Done()
}

// page is a page of facts, and where the next one begins; nil: it was the last.
type page struct {
	facts []fact.Fact
	next  []byte
}

// append: next with u32 length | facts, each with u32 length.
func (p *page) append(b []byte) []byte {
	list := make([][]byte, len(p.facts))
	for i, f := range p.facts {
		list[i] = fact.Append(nil, f)
	}
	return appendList(codec.Bytes(b, p.next), list)
}

// readPage reads a page. Facts that this program cannot read are left out: others will bring them.
func readPage(b []byte) (p page, ok bool) {
	r := codec.Reader{Rest: b}
	if next := r.Bytes(); len(next) > 0 {
		p.next = next
	}
	for _, raw := range readList(&r) {
		f, err := fact.Decode(raw)
		if err != nil {
			continue
		}
		p.facts = append(p.facts, f)
	}
	return p, r.Done()
}
