package fact_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Of what a newer program wrote each byte is kept, and the next fact is read.
func TestNewer(t *testing.T) {
	newer := []byte{byte(fact.CutOffKind), 2, 3, 0, 0, 0, 'n', 'e', 'w'}
	unknown := []byte{200, 1, 0, 0, 0, 0}
	clock := fact.Append(nil, fact.Clock{At: 1})
	r := codec.Reader{Rest: slices.Concat(newer, unknown, clock)}
	for _, raw := range [][]byte{newer, unknown} {
		f, err := fact.Read(&r)
		u, ok := f.(fact.Unread)
		if !ok || !errors.Is(err, fact.ErrNewer) || !bytes.Equal(fact.Append(nil, f), raw) {
			t.Fatalf("%x is read as %#v: %v", raw, f, err)
		}
		if u.Kind() != fact.Kind(raw[0]) || u.Version() != raw[1] || u.Length() != len(raw)-6 {
			t.Errorf("%x is of kind %v, version %d, length %d", raw, u.Kind(), u.Version(), u.Length())
		}
	}
	if f, err := fact.Read(&r); f != (fact.Clock{At: 1}) || err != nil || !r.Done() {
		t.Errorf("then comes %#v: %v", f, err)
	}
}

// Read refuses what no store can keep, and what would have a second encoding.
func TestMalformed(t *testing.T) {
	early := fact.Stamp{Time: 1, Node: 1}
	long := strings.Repeat("a", 1025)
	customer := func(change func(*fact.Customer)) fact.Fact {
		f := fact.Customer{ID: ada, Made: made, Stamp: made, Set: fact.Email | fact.Attributes, Email: "a@b.c"}
		change(&f)
		return f
	}
	key := func(change func(*fact.Key)) fact.Fact {
		f := fact.Key{ID: "k1", Made: made, Stamp: made, Algorithm: "HS256", Origin: "generated"}
		change(&f)
		return f
	}
	group := func(granted, withdrawn []string) fact.Fact {
		return fact.Group{Name: "a", Made: made, Stamp: made, Granted: granted, Withdrawn: withdrawn}
	}
	for name, f := range map[string]fact.Fact{
		"no customer":       fact.LastLogin{Made: made},
		"an empty id":       fact.LastLogin{ID: core.Text(""), Made: made},
		"an id with a null": fact.LastLogin{ID: core.Text("a\x00"), Made: made},
		"a long id":         fact.LastLogin{ID: core.Text(long), Made: made},
		"an id no UTF-8":    fact.LastLogin{ID: core.Text("\xff"), Made: made},
		"no stamp":          fact.LastLogin{ID: ada},
		"a stamp too late":  fact.LastLogin{ID: ada, Made: fact.Stamp{Time: 253402300800000000}},
		"the year 0":        fact.LastLogin{ID: ada, Made: made, At: -62135596800000001},
		"the year 10000":    fact.LastLogin{ID: ada, Made: made, At: 253402300800000000},
		"an unknown field":  customer(func(f *fact.Customer) { f.Set |= fact.AllFields + 1 }),
		"a stamp before that of the making": customer(func(f *fact.Customer) {
			f.Stamp = early
		}),
		"no e-mail address":    customer(func(f *fact.Customer) { f.Email = "" }),
		"a long name":          customer(func(f *fact.Customer) { f.Set, f.LastName = fact.LastName, long }),
		"attributes no object": customer(func(f *fact.Customer) { f.Attributes = []byte("[]") }),
		"attributes no JSON":   customer(func(f *fact.Customer) { f.Attributes = []byte("{") }),
		"attributes no UTF-8":  customer(func(f *fact.Customer) { f.Attributes = []byte("{\"\xff\":1}") }),
		"long attributes": customer(func(f *fact.Customer) {
			f.Attributes = []byte("{" + strings.Repeat(" ", 64*1024-1) + "}")
		}),
		"permissions not sorted": group([]string{"b", "a"}, nil),
		"a permission twice":     group([]string{"a", "a"}, nil),
		"a permission given and taken": customer(func(f *fact.Customer) {
			f.Granted, f.Withdrawn = []string{"a"}, []string{"a"}
		}),
		"an empty permission":  group(nil, []string{""}),
		"a group of no number": customer(func(f *fact.Customer) { f.Entered = []fact.Entry{{Group: "a"}} }),
		"a group entered twice": customer(func(f *fact.Customer) {
			f.Entered = []fact.Entry{{"a", made}, {"a", early}}
		}),
		"a group entered and left": customer(func(f *fact.Customer) {
			f.Entered, f.Left = []fact.Entry{{"a", made}}, []string{"a"}
		}),
		"a group without a name":           fact.Group{Made: made, Stamp: made},
		"a group's permission both ways":   group([]string{"a"}, []string{"a"}),
		"a hash before the customer":       fact.Rehash{ID: ada, Made: made, Password: early},
		"a cut-off before 1970":            fact.CutOff{Subject: fact.ByID(ada), At: -1},
		"a cut-off that no id can carry":   fact.CutOff{Subject: fact.ByID(ada), At: core.LastStart + 1},
		"a cut-off kept for ever":          fact.CutOff{Subject: fact.ByID(ada), Until: core.LastUntil + 1},
		"a family from before 1970":        fact.RevokeFamily{Family: family, Start: -1},
		"a family dead for ever":           fact.RevokeFamily{Family: family, Until: math.MaxInt64},
		"a long issuer":                    fact.RevokeFamily{Family: core.FamilyKey{Issuer: long}},
		"an advance to no generation":      fact.AdvanceFamily{Family: family},
		"an advance named by no start":     fact.AdvanceFamily{Family: family, Home: 1, Generation: 1},
		"a life too long":                  fact.Lifetimes{Access: math.MaxInt64/1_000_000_000 + 1},
		"a negative life":                  fact.Lifetimes{Foreign: -1},
		"a key without an id":              key(func(f *fact.Key) { f.ID = "" }),
		"a key with a long id":             key(func(f *fact.Key) { f.ID = strings.Repeat("a", fact.MaxKeyID+1) }),
		"a key without an algorithm":       key(func(f *fact.Key) { f.Algorithm = "" }),
		"a key from nowhere":               key(func(f *fact.Key) { f.Origin = "" }),
		"a long public key":                key(func(f *fact.Key) { f.Public = make([]byte, fact.MaxPublicKey+1) }),
		"a key of a node that none can be": key(func(f *fact.Key) { f.Node = fact.MaxNumber + 1 }),
		"a key that was added before 1970": key(func(f *fact.Key) { f.Added = -1 }),
		"a key that signs too late":        key(func(f *fact.Key) { f.SignsFrom = core.LastUntil + 1 }),
		"a key that ends before 1970":      key(func(f *fact.Key) { f.Ends = -1 }),
		"a key of endless tokens":          key(func(f *fact.Key) { f.Longest = math.MaxInt64 }),
		"a key changed before it was made": key(func(f *fact.Key) { f.Stamp = early }),
		"an empty private part":            fact.SealKey{ID: "k1"},
		"a long private part":              fact.SealKey{ID: "k1", Sealed: make([]byte, fact.MaxSealedKey+1)},
		"a role that none can have":        fact.Membership{Role: fact.EdgeRole + 1, Fleet: "f"},
		"an edge of no fleet":              fact.Membership{Role: fact.EdgeRole},
		"a single node in a fleet":         fact.Membership{Fleet: "f"},
		"a single node with a hub":         fact.Membership{HubKey: [32]byte{1}},
		"an empty address":                 fact.Membership{Role: fact.HubRole, Fleet: "f", Addresses: []string{""}},
		"many addresses": fact.Membership{Role: fact.HubRole, Fleet: "f",
			Addresses: slices.Repeat([]string{"a"}, fact.MaxAddresses+1)},
		"a member without a number":       fact.Member{Stamp: made, Name: "a"},
		"a member with too high a number": fact.Member{Number: fact.MaxNumber + 1, Stamp: made, Name: "a"},
		"a member without a name":         fact.Member{Number: 1, Stamp: made},
		"a member without a stamp":        fact.Member{Number: 1, Name: "a"},
		"a member withdrawn before 1970":  fact.Member{Number: 1, Stamp: made, Name: "a", Withdrawn: -1},
		"a member's cut-off before 1970":  fact.Member{Number: 1, Stamp: made, Name: "a", CutOff: -1},
		"a lease of no node":              fact.Lease{Incarnation: 1},
		"an invitation used by no node":   fact.Invitation{Number: fact.MaxNumber + 1},
		"an invitation of a long name":    fact.Invitation{Name: long},
		"a session that begins too late":  fact.Session{Customer: ada, Started: core.LastStart + 1},
		"a session of nobody":             fact.Session{},
		"a log-in of nobody":              fact.Login{Family: core.FamilyKey{Start: 1}, Until: 1},
		"a log-in without a start":        fact.Login{Family: core.FamilyKey{Customer: ada}, Until: 1},
		"a log-in without an end":         fact.Login{Family: family},
		"a log-in of a long agent": fact.Login{Family: family, Until: 1,
			Agent: strings.Repeat("a", fact.MaxAgent+1)},
		"a log-in of a long address": fact.Login{Family: family, Until: 1,
			Address: strings.Repeat("a", fact.MaxAddress+1)},
		"a record of no kind":             fact.Forget{Record: 'x', Key: []byte{1}},
		"a record without a key":          fact.Forget{Record: fact.CutOffRecord},
		"a mark that no token can reach":  fact.ReserveStart{At: core.LastStart + 1},
		"a clock beyond the year 9999":    fact.Clock{At: math.MaxInt64},
		"a cut-off of the node that late": fact.NodeCutOff{At: math.MaxInt64},
	} {
		if got, err := fact.Decode(fact.Append(nil, f)); !errors.Is(err, fact.ErrMalformed) || got != nil {
			t.Errorf("%s: got %#v, %v", name, got, err)
		}
	}
}

// A fact that is cut, has bytes left over, or has another bit anywhere is refused or is another fact, which is encoded
// so.
func TestDamage(t *testing.T) {
	for _, f := range facts() {
		b := fact.Append(nil, f)
		for n := range b {
			if _, err := fact.Decode(b[:n]); !errors.Is(err, fact.ErrMalformed) {
				t.Errorf("%v, the first %d bytes: %v", f.Kind(), n, err)
			}
		}
		if _, err := fact.Decode(append(bytes.Clone(b), 0)); !errors.Is(err, fact.ErrMalformed) {
			t.Errorf("%v with a byte behind it: %v", f.Kind(), err)
		}
		longer := append(bytes.Clone(b), 0)
		binary.LittleEndian.PutUint32(longer[2:], uint32(len(longer)-6))
		if _, err := fact.Decode(longer); !errors.Is(err, fact.ErrMalformed) {
			t.Errorf("%v with a longer payload: %v", f.Kind(), err)
		}
		for bit := range 8 * len(b) {
			b[bit/8] ^= 1 << (bit % 8)
			checkRead(t, b)
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// checkRead checks that bytes are no fact, or the only encoding of one.
func checkRead(t *testing.T, b []byte) {
	t.Helper()
	r := codec.Reader{Rest: b}
	f, err := fact.Read(&r)
	if f == nil && errors.Is(err, fact.ErrMalformed) {
		return
	}
	if _, unread := f.(fact.Unread); f == nil || unread != errors.Is(err, fact.ErrNewer) || !unread && err != nil {
		t.Fatalf("%x is read as %#v: %v", b, f, err)
	}
	if whole := b[:len(b)-len(r.Rest)]; !bytes.Equal(fact.Append(nil, f), whole) {
		t.Fatalf("%x is read as %#v, which is encoded as %x", whole, f, fact.Append(nil, f))
	}
	if line := fact.AppendJSON(nil, f); !json.Valid(line) || bytes.ContainsRune(line, '\n') {
		t.Fatalf("%x is shown as %s", b, line)
	}
}

func FuzzRead(f *testing.F) {
	for _, x := range facts() {
		f.Add(fact.Append(nil, x))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkRead(t, b) })
}
