package store

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
)

// MaxRecent bounds the memory that a store's recent reads keep alive, in bytes.
const MaxRecent = 16 << 20

// maxRecentEntry bounds one entry, so that it cannot displace very many others.
const maxRecentEntry = MaxRecent / 32

// loadCache remembers what Load read of customers, so that a check walks through no tree of the file. marks say what
// still counts. The bytes that it keeps alive are bounded. It keeps no text of a request alive.
type loadCache struct {
	marks
	common atomic.Pointer[common]
	reads  atomic.Pointer[reads]
}

func newLoadCache() *loadCache { return &loadCache{marks: newMarks()} }

// common is what every Load reads.
type common struct {
	at      uint64 // DB.Changes when it was read
	cutOff  int64  // of the node
	longest core.Lifetimes
}

// reads are what was read of customers, in a table of fixed size. What has no room in it replaces something else. Where
// the bytes have reached their bound, an empty table takes its place.
type reads struct {
	bytes atomic.Int64
	rows  [][rowRecords]atomic.Pointer[record]
	// uint64, the hash of a list → []string: keeps equal lists, such as those of a group's members, once
	lists sync.Map
}

const (
	rowRecords = 8
	readRows   = 1 << 15
	readsBytes = int64(readRows*rowRecords*unsafe.Sizeof(uintptr(0)) + spots*unsafe.Sizeof(uint64(0))) // and the marks
)

// loaded is what Load read of its own. What every Load reads is in common.
type loaded struct {
	state    core.State
	customer Customer
	email    string // whose cut-off counts; "": there is none
	advanced int64  // when the commit of the family's latest advance began: see windows
	home     uint16 // of the node that made it
}

// lookup is a query as the cache finds it.
type lookup struct {
	Query
	// remembered: what is read may be in the table. nobody: there is nothing to read.
	remembered, nobody bool
	idHash             uint64 // of the customer
	hash               uint64 // of the customer and the family: chooses the row of the table
	// family is the name of the token's family without its customer, if it may have records.
	hasFamily  bool
	family     core.FamilyKey
	familyHash uint64
}

// lookup says how to find a query. What a log-in reads is not remembered: hashing the password takes a thousand times
// as long, and strangers could fill the cache with addresses that do not exist.
func (c *loadCache) lookup(ids core.IDKind, q Query, families *familyIndex) lookup {
	if q.Field == FieldEmail {
		ids = core.TextID
	}
	l := lookup{Query: q}
	if q.HasFamily && q.Family.Listed {
		l.family = q.Family.Key(q.Issuer, core.CustomerID{})
		l.hasFamily = families.has(l.family)
	}
	l.nobody = !q.HasLogin && !q.HasUser && !l.hasFamily
	l.remembered = !q.HasLogin && q.HasUser && q.UserID.Kind == ids && q.Issuer == "" && len(q.UserID.Text) <= maxText
	if l.remembered {
		l.idHash = c.hashOf(q.UserID)
		l.hash = l.idHash
	}
	if l.remembered && l.hasFamily {
		l.familyHash = c.familyHash(l.family)
		l.hash += l.familyHash
	}
	return l
}

// row is where the records of a lookup lie.
func (r *reads) row(l *lookup) *[rowRecords]atomic.Pointer[record] {
	return &r.rows[l.hash>>16%readRows]
}

// find returns what was read for a query, but for what every Load reads, if it still counts.
func (c *loadCache) find(l *lookup) (loaded, bool) {
	now := c.reads.Load()
	if !l.remembered || now == nil {
		return loaded{}, l.nobody
	}
	row := now.row(l)
	c.at[spot(l.idHash)].Load() // its mark, which counts asks for: so both are fetched at once
	for i := range row {
		if r := row[i].Load(); r != nil && r.answers(l) && r.counts(&c.marks) {
			return r.loaded(l), true
		}
	}
	return loaded{}, false
}

// keep remembers what a transaction read that began when the store had that many changes.
func (c *loadCache) keep(l *lookup, found *loaded, all *common, changes uint64) {
	c.common.Store(all)
	customer := &found.state.Customer
	if !l.remembered || len(customer.RevokeClaim) > maxText ||
		l.Field == FieldEmail && !customer.ID.IsZero() && customer.UserID.Text != l.UserID.Text {
		return // the last two are of a damaged store
	}
	now := c.reads.Load()
	if now == nil {
		now = c.replace(nil)
	}
	r := c.record(l, found, before(changes))
	alone, lists := r.bytes(), int64(0)
	if r.more != nil && r.more.customer != nil {
		lists = listBytes(r.more.customer.lists()...)
	}
	if alone+lists > maxRecentEntry {
		return
	}
	if now.bytes.Load()+alone+lists > MaxRecent {
		now = c.replace(now)
	}
	now.put(l, r, &c.marks)
}

// before is the number of changes before the commit that is under way, if one is. A reader may see that commit, and
// must not say so: it may yet fail.
func before(changes uint64) uint64 { return changes &^ 1 }

// replace begins anew with an empty table, unless somebody else has done so.
func (c *loadCache) replace(old *reads) *reads {
	fresh := &reads{rows: make([][rowRecords]atomic.Pointer[record], readRows)}
	fresh.bytes.Store(readsBytes)
	if !c.reads.CompareAndSwap(old, fresh) {
		return c.reads.Load()
	}
	return fresh
}

// put puts a record in the place of one for the same query, of none, of one that no longer counts, or of any.
func (now *reads) put(l *lookup, r *record, m *marks) {
	row, at := now.row(l), rand.IntN(rowRecords)
	for i := range row {
		old := row[i].Load()
		if old == nil || old.about(l) || !old.counts(m) {
			at = i
			break
		}
	}
	if r.more != nil && r.more.customer != nil {
		now.bytes.Add(now.share(r.more.customer))
	}
	added := r.bytes()
	if old := row[at].Swap(r); old != nil {
		added -= old.bytes()
	}
	now.bytes.Add(added)
}

// lists are the lists of a customer, which others may share.
func (c *Customer) lists() [][]string { return [][]string{c.Permissions, c.Groups, c.Rights} }

// share makes c point to equal lists that are remembered already, and remembers the others. It returns how many bytes
// it added. A list goes with its table.
func (now *reads) share(c *Customer) (added int64) {
	for _, list := range []*[]string{&c.Permissions, &c.Groups, &c.Rights} {
		if len(*list) == 0 {
			continue
		}
		found, known := now.lists.LoadOrStore(hashOf(*list), *list)
		switch same := found.([]string); {
		case !known, known && !slices.Equal(same, *list):
			added += listBytes(*list)
		default:
			*list = same
		}
	}
	return added
}

// seed keeps anybody from choosing lists with equal hashes.
var seed = maphash.MakeSeed()

func hashOf(list []string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, s := range list {
		// A permission or the name of a group has no null character.
		_, _ = h.WriteString(s)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// mapBytes is about what a map takes for a list.
const mapBytes = 192

// listBytes are the bytes of lists of texts.
func listBytes(lists ...[]string) (sum int64) {
	for _, list := range lists {
		if len(list) > 0 {
			sum += mapBytes + allocated(cap(list)*int(unsafe.Sizeof(""))) + textBytes(list...)
		}
	}
	return sum
}

func textBytes(texts ...string) (sum int64) {
	for _, s := range texts {
		sum += allocated(len(s))
	}
	return sum
}

// allocated returns at least what n bytes take of the heap. Its sizes are multiples of 16 bytes, and at most an eighth
// apart.
func allocated(n int) int64 { return int64(n+15)&^15 + int64(n)/8 }

// Changes returns a number that grows before a commit can be seen, and again before it is acknowledged: it is odd while
// one is under way. If the number is the same before a Load and after the decision, nothing was acknowledged meanwhile.
// A Settle without effects would then find that all still holds.
func (db *DB) Changes() uint64 { return db.changes.Load() }
