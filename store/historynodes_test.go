package store

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The bounds of the fleet in these tests.
const (
	fleetStaleness = 10 * time.Second
	fleetSkew      = time.Second
	fleetStart     = 1767225600_000_000 // 2026-01-01T00:00:00Z, Unix microseconds
)

// peer is a node of a fleet: a store whose commits are all in one transaction that is never committed, so that
// thousands of histories take place in one file. All else is as in DB: what is written is resolved, applied and framed
// by the same code.
type peer struct {
	world  *world
	number uint16
	config Config
	file   file // as opened
	tx     *bbolt.Tx
	db     *DB
	rand   *rand.ChaCha8
	ended  chan struct{} // closed when the committer of db has ended
	skew   int64         // of its clock, in microseconds
	backup *peerCopy     // nil: there is none
	// recalled counts what was loaded from memory.
	recalled int
	state
}

// state is what a peer loses if it is restored.
type state struct {
	has    []bool        // the frames of the fleet that it has applied or made
	ends   uint64        // the ends that it knows, see end
	framed fact.Position // the last frame that it made
}

// sent is a frame that a peer made.
type sent struct {
	from  int // peer
	frame *fact.Frame
	raw   []byte
	at    int64 // time, Unix microseconds
	ends  uint64
}

// world is a hub, which is the first peer, and three more nodes in one virtual time, and all that they have sent.
type world struct {
	peers  []*peer
	now    int64 // Unix microseconds
	sent   []sent
	tokens []*token
	ends   []end
	torn   bool // the hub has written after it was restored, without what others know
}

// newWorld makes stores for the nodes of a fleet.
func newWorld(t testing.TB, most int) *world {
	f := &world{now: fleetStart}
	dir := t.TempDir()
	for i := range most {
		p := &peer{world: f, number: uint16(i + 1), rand: rand.NewChaCha8([32]byte{byte(i)})}
		p.config = Config{Path: filepath.Join(dir, fmt.Sprint(i)), Now: p.now, Elapsed: f.elapsed, Rand: p.rand,
			Staleness: fleetStaleness, Skew: fleetSkew, Outbox: true}
		db, err := Open(p.config)
		if err == nil {
			err = p.enterFleet(t, db)
		}
		if err == nil {
			err = db.RaiseLifetimes(t.Context(), core.Lifetimes{}.Raised(&tokenSettings))
		}
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		c := p.config
		c.openFile, c.MaxSessions, c.MaxOutbox = os.OpenFile, DefaultMaxSessions, DefaultMaxOutbox
		c.MaxFamilyIndex, c.MaxLogins = DefaultMaxFamilyIndex, DefaultMaxLogins
		p.config = c
		if p.file, err = c.open(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.file.bolt.Close() })
		f.peers = append(f.peers, p)
	}
	return f
}

// enterFleet makes the store of a peer that of the hub or of an edge. Those of further peers stay alone.
func (p *peer) enterFleet(t testing.TB, db *DB) error {
	m := Membership{Fleet: "f", ID: [16]byte{1}, HubKey: [32]byte{1}, Addresses: []string{"hub:1"}}
	switch {
	case p.number == fact.HubNumber:
		if err := db.Found(t.Context(), m); err != nil {
			return err
		}
		return db.UpdateMembers(t.Context(), func([]Member) (list []Member, err error) {
			for n := uint16(2); n <= nodesOfFleet; n++ {
				list = append(list, Member{Number: n, Name: "edge", Key: [32]byte{byte(n)}})
			}
			return list, nil
		})
	case p.number <= nodesOfFleet:
		return db.Enter(t.Context(), p.number, 0, m)
	}
	return nil
}

func (p *peer) now() time.Time { return time.UnixMicro(p.world.now + p.skew).UTC() }

func (f *world) elapsed() time.Duration { return time.Duration(f.now-fleetStart) * time.Microsecond }

// begin begins a history: the state of each peer is that of its file.
func (f *world) begin(seed uint64) {
	f.now, f.sent, f.tokens, f.ends, f.torn = fleetStart+1_000_000, f.sent[:0], f.tokens[:0], f.ends[:0], false
	r := rand.New(rand.NewPCG(seed, 11))
	for i, p := range f.peers {
		p.skew = int64(r.IntN(2001)-1000) * fleetSkew.Microseconds() / 1000
		tx, err := p.file.bolt.Begin(true)
		check(err)
		p.tx, p.state, p.backup = tx, state{}, nil
		p.rand.Seed([32]byte{byte(i), byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
		p.start()
	}
}

// end ends a history, of which nothing stays.
func (f *world) end() {
	for _, p := range f.peers {
		p.stop()
		check(p.tx.Rollback())
	}
}

// start opens the store of the peer in the state in which its transaction has it.
func (p *peer) start() {
	f := file{bolt: p.file.bolt, info: p.file.info}
	check(f.read(p.tx))
	var err error
	f.node.Incarnation, err = incarnate(f.node.Incarnation, p.config.Now(), p.config.Rand)
	check(err)
	p.db, p.ended = newDB(p.config, f), make(chan struct{})
	check(p.db.index.fill(p.tx))
	go p.commits(p.db, p.ended)
}

// stop stops the process: what it had in memory is lost.
func (p *peer) stop() {
	close(p.db.queue)
	<-p.ended
}

// commits is DB.commits, but for what makes a commit durable.
func (p *peer) commits(db *DB, ended chan struct{}) {
	defer close(ended)
	for r := range db.queue {
		w, err := db.serve(p.tx, []*request{r})
		check(err)
		if w.puts > 0 {
			db.changes.Add(2)
			db.served(w)
		}
		db.mark.Store(w.tally.mark)
		close(r.done)
	}
}

// collect takes the frames that a peer has made since it was last asked.
func (p *peer) collect() (made []sent) {
	from := positionKey(p.framed)
	cursor := p.tx.Bucket(outboxBucket).Cursor()
	for k, v := cursor.Seek(from); k != nil; k, v = cursor.Next() {
		if bytes.Equal(k, from) {
			continue
		}
		frame, err := fact.ParseFrame(v)
		check(err)
		made = append(made, sent{from: int(p.number - 1), frame: frame, raw: bytes.Clone(v), at: p.world.now})
		p.framed = frame.Position()
	}
	return made
}

// note takes in the frames that a peer has made, and the ends in them.
func (p *peer) note() (made []sent) {
	f := p.world
	made = p.collect()
	for i := range made {
		s := &made[i]
		for _, x := range s.frame.Facts {
			s.ends |= f.endsOf(x)
		}
		f.sent = append(f.sent, *s)
		p.have(len(f.sent) - 1)
	}
	return made
}

// have notes that a peer has applied a frame.
func (p *peer) have(i int) {
	for len(p.has) <= i {
		p.has = append(p.has, false)
	}
	p.has[i] = true
	p.ends |= p.world.sent[i].ends
}

func (p *peer) hasFrame(i int) bool { return i < len(p.has) && p.has[i] }

// take delivers frames to a peer, as the hub of the fleet or as one of the others.
func (p *peer) take(frames []int) error {
	var own Delivery
	var others [nodesOfFleet]Delivery
	for _, i := range frames {
		to := &own
		if s := p.world.sent[i]; p.number == 1 && s.from != 0 {
			to = &others[s.from]
		}
		to.Frames = append(to.Frames, p.world.sent[i].raw)
	}
	if len(own.Frames) > 0 {
		if _, err := p.db.Apply(bg, own); err != nil {
			return fmt.Errorf("node %d, apply: %w", p.number, err)
		}
	}
	for i, d := range others {
		if len(d.Frames) == 0 {
			continue
		}
		done, err := p.db.Accept(bg, uint16(i+1), d)
		if err != nil {
			return fmt.Errorf("node %d, accept: %w", p.number, err)
		}
		for _, r := range done.Refused {
			if err := p.refused(r); err != nil {
				return err
			}
		}
	}
	heads := map[string]uint64{}
	check(p.tx.Bucket(headsBucket).ForEach(func(k, v []byte) error {
		h, err := decodeHead(v)
		heads[string(k)] = h.sequence
		return err
	}))
	for i, s := range p.world.sent {
		if !p.hasFrame(i) && heads[string(placeOf(s.frame).of.key())] >= s.frame.Sequence {
			p.have(i)
		}
	}
	p.note()
	return nil
}

// refused judges what the hub refuses: only what is over may be, and what an incarnation made before the one that has
// registered.
func (p *peer) refused(r Refused) error {
	if lease, err := (tables{tx: p.tx}).lease(r.Node); r.Fenced && err == nil && r.Position.Incarnation < lease {
		return nil
	}
	if x, ok := r.Fact.(fact.RevokeFamily); ok && x.Until*1e6 < p.world.now {
		return nil
	}
	if x, ok := r.Fact.(fact.AdvanceFamily); ok && x.Until*1e6 < p.world.now {
		return nil
	}
	return fmt.Errorf("the hub refuses %s at %v: %s", fact.AppendJSON(nil, r.Fact), p.db.time.look(), r.Reason)
}

// peerCopy is a copy of a peer.
type peerCopy struct {
	records map[string][][2][]byte // by bucket
	state
}

func (p *peer) copy() *peerCopy {
	b := &peerCopy{map[string][][2][]byte{}, p.state}
	b.has = slices.Clone(p.has)
	check(p.tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
		list := [][2][]byte{}
		err := bucket.ForEach(func(k, v []byte) error {
			list = append(list, [2][]byte{bytes.Clone(k), bytes.Clone(v)})
			return nil
		})
		b.records[string(name)] = list
		return err
	}))
	return b
}

// restore puts a copy in the place of the peer, which is stopped.
func (p *peer) restore(b *peerCopy) {
	for _, name := range slices.Sorted(maps.Keys(b.records)) {
		bucket, records := p.tx.Bucket([]byte(name)), b.records[name]
		var drop [][]byte
		check(bucket.ForEach(func(k, _ []byte) error {
			drop = append(drop, bytes.Clone(k))
			return nil
		}))
		for _, k := range drop {
			check(bucket.Delete(k))
		}
		for _, r := range records {
			check(bucket.Put(r[0], r[1]))
		}
	}
	p.state = b.state
	p.has = slices.Clone(b.has)
}

// check ends the test at an error that no history may have.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
