package fact_test

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

var (
	ada    = core.Integer(7)
	made   = fact.Stamp{Time: 1767225600000000, Node: 1}
	later  = fact.Stamp{Epoch: 2, Time: 1767225600000001, Node: 3}
	family = core.FamilyKey{Customer: ada, Bits: 5, Start: milliseconds}
	cookie = [32]byte{9, 31: 0xee}
)

const (
	milliseconds = 1767225600000
	seconds      = 1767225600
)

// cookieHex is cookie in hex digits.
const cookieHex = "09000000000000000000000000000000000000000000000000000000000000ee"

// samples has one fact of each kind, with the encoding that never changes: kind, version, length, and the values
// of the payload; and as an operator sees it.
var samples = []struct {
	fact fact.Fact
	hex  string
	json string
}{
	{fact.Customer{ID: ada, Made: made, Stamp: later, Set: fact.Email | fact.Active, Email: "ada@example.com",
		Active: true, Granted: []string{"a.b"}, Entered: []fact.Entry{{Group: "editors", Number: fact.Before}}},
		"01 01 5d000000 01 0700000000000000 00000000 0040204648470600 0100 02000000 0140204648470600 " +
			"0300 0900 0f00 616461406578616d706c652e636f6d 01 0100 0300 612e62 0000 0100 0700 " +
			"656469746f7273 00000000 0100000000000000 0000 0000",
		`{"fact":"customer","id":7,"made":"0/2026-01-01T00:00:00.000000Z/1",` +
			`"stamp":"2/2026-01-01T00:00:00.000001Z/3","email":"ada@example.com","is_active":true,` +
			`"granted":["a.b"],"entered":{"editors":"0/1970-01-01T00:00:00.000001Z/0"}}`},
	{fact.RemoveCustomer{ID: ada, Stamp: later, Until: seconds},
		"02 01 1f000000 01 0700000000000000 02000000 0140204648470600 0300 00b9556900000000",
		`{"fact":"remove_customer","id":7,"stamp":"2/2026-01-01T00:00:00.000001Z/3",` +
			`"until":"2026-01-01T00:00:00Z"}`},
	{fact.LastLogin{ID: ada, Made: made, At: milliseconds * 1000},
		"03 01 1f000000 01 0700000000000000 00000000 0040204648470600 0100 0040204648470600",
		`{"fact":"last_login","id":7,"made":"0/2026-01-01T00:00:00.000000Z/1","at":"2026-01-01T00:00:00.000000Z"}`},
	{fact.CutOff{Subject: fact.ByID(ada), At: milliseconds},
		"04 01 19000000 01 0700000000000000 00a8da769b010000 0000000000000000",
		`{"fact":"cut_off","id":7,"at":"2026-01-01T00:00:00.000Z"}`},
	{fact.RevokeFamily{Family: family, Start: milliseconds, Until: seconds},
		"05 02 23000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000",
		`{"fact":"revoke_family","customer":7,"family":"000000000005","start":"2026-01-01T00:00:00.000Z",` +
			`"until":"2026-01-01T00:00:00Z"}`},
	{fact.AdvanceFamily{Family: family, Start: milliseconds, Until: seconds, Generation: 2,
		IssuedAt: milliseconds * 1000, Access: 3600, Refresh: 86400, Key: "k1", Incarnation: 0xa7, Sequence: 12,
		Home: 3},
		"06 02 56000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000 " +
			"02000000 0040204648470600 100e000000000000 8051010000000000 0200 6b31 a700000000000000 " +
			"0c00000000000000 01 0300",
		`{"fact":"advance_family","customer":7,"family":"000000000005","start":"2026-01-01T00:00:00.000Z",` +
			`"until":"2026-01-01T00:00:00Z","generation":2,"issued_at":"2026-01-01T00:00:00.000000Z",` +
			`"access":3600,"refresh":86400,"key":"k1","incarnation":"00000000000000a7","sequence":12,"home":3}`},
	{fact.Group{Name: "editors", Made: made, Stamp: made, Granted: []string{"a.b", "a.c"}},
		"07 01 33000000 0700 656469746f7273 00000000 0040204648470600 0100 00000000 0040204648470600 " +
			"0100 0200 0300 612e62 0300 612e63 0000",
		`{"fact":"group","name":"editors","made":"0/2026-01-01T00:00:00.000000Z/1",` +
			`"stamp":"0/2026-01-01T00:00:00.000000Z/1","granted":["a.b","a.c"]}`},
	{fact.RemoveGroup{Name: "editors", Stamp: later, Until: seconds},
		"08 01 1f000000 0700 656469746f7273 02000000 0140204648470600 0300 00b9556900000000",
		`{"fact":"remove_group","name":"editors","stamp":"2/2026-01-01T00:00:00.000001Z/3",` +
			`"until":"2026-01-01T00:00:00Z"}`},
	{fact.Lifetimes{Access: 3600, Refresh: 86400},
		"09 01 18000000 100e000000000000 8051010000000000 0000000000000000",
		`{"fact":"lifetimes","access":3600,"refresh":86400,"foreign":0}`},
	{fact.Key{ID: "k1", Made: made, Stamp: later, Algorithm: "ES256", Public: []byte{0x30, 0x59}, Origin: "generated",
		Added: seconds, Node: 1, NoKID: true, SignsFrom: seconds, Ends: seconds, Longest: 86400},
		"0a 01 5b000000 0200 6b31 00000000 0040204648470600 0100 02000000 0140204648470600 0300 0500 4553323536 " +
			"02000000 3059 0900 67656e657261746564 00b9556900000000 0100 01 00b9556900000000 00b9556900000000 " +
			"8051010000000000",
		`{"fact":"key","id":"k1","made":"0/2026-01-01T00:00:00.000000Z/1",` +
			`"stamp":"2/2026-01-01T00:00:00.000001Z/3","algorithm":"ES256","public":"3059","origin":"generated",` +
			`"added":"2026-01-01T00:00:00Z","node":1,"no_kid":true,"refresh_only":false,` +
			`"signs_from":"2026-01-01T00:00:00Z","ends":"2026-01-01T00:00:00Z","longest":86400}`},
	{fact.Member{Number: 3, Stamp: later, Name: "lyon", Key: cookie, Joined: milliseconds * 1000,
		Withdrawn: milliseconds * 1000, CutOff: milliseconds, AtHub: true},
		"0b 01 4f000000 0300 02000000 0140204648470600 0300 0400 6c796f6e " + cookieHex +
			" 0040204648470600 0040204648470600 00a8da769b010000 01",
		`{"fact":"member","number":3,"stamp":"2/2026-01-01T00:00:00.000001Z/3","name":"lyon","key":"` + cookieHex +
			`","joined":"2026-01-01T00:00:00.000000Z","withdrawn":"2026-01-01T00:00:00.000000Z",` +
			`"cut_off":"2026-01-01T00:00:00.000Z","at_hub":true}`},
	{fact.Login{Family: family, Used: milliseconds + 1, Until: seconds, Agent: "curl/8", Address: "192.0.2.0/24"},
		"0c 01 3f000000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000 " +
			"01a8da769b010000 0600 6375726c2f38 0c00 3139322e302e322e302f3234",
		`{"fact":"login","customer":7,"family":"000000000005","start":"2026-01-01T00:00:00.000Z",` +
			`"until":"2026-01-01T00:00:00Z","used":"2026-01-01T00:00:00.001Z","client":"***"}`},
	{fact.Rehash{ID: ada, Made: made, Password: made, Hash: "!"},
		"40 01 28000000 01 0700000000000000 00000000 0040204648470600 0100 00000000 0040204648470600 " +
			"0100 0100 21",
		`{"fact":"rehash","id":7,"made":"0/2026-01-01T00:00:00.000000Z/1",` +
			`"password":"0/2026-01-01T00:00:00.000000Z/1","hash":"***"}`},
	{fact.Session{ID: cookie, Customer: ada, Started: milliseconds, Expires: milliseconds * 1000,
		Used: milliseconds + 1, Agent: "curl/8", Address: "192.0.2.0/24"},
		"41 02 57000000 " + cookieHex + " 01 0700000000000000 00a8da769b010000 0040204648470600 " +
			"01a8da769b010000 0600 6375726c2f38 0c00 3139322e302e322e302f3234",
		`{"fact":"session","id":"***","customer":7,"started":"2026-01-01T00:00:00.000Z",` +
			`"expires":"2026-01-01T00:00:00.000000Z","used":"2026-01-01T00:00:00.001Z","client":"***"}`},
	{fact.EndSession{ID: cookie, Started: milliseconds},
		"42 01 28000000 09000000000000000000000000000000000000000000000000000000000000ee " +
			"00a8da769b010000",
		`{"fact":"end_session","id":"***","started":"2026-01-01T00:00:00.000Z"}`},
	{fact.ReserveStart{At: milliseconds},
		"43 01 08000000 00a8da769b010000",
		`{"fact":"reserve_start","at":"2026-01-01T00:00:00.000Z"}`},
	{fact.NodeCutOff{At: milliseconds},
		"44 01 08000000 00a8da769b010000",
		`{"fact":"node_cut_off","at":"2026-01-01T00:00:00.000Z"}`},
	{fact.KeepCutOff{Subject: fact.ByAddress("ada@example.com"), Until: seconds},
		"45 01 29000000 00 b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72 " +
			"00b9556900000000",
		`{"fact":"keep_cut_off","address":"b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",` +
			`"until":"2026-01-01T00:00:00Z"}`},
	{fact.Forget{Record: fact.CutOffRecord, Key: []byte{0x80, 0, 0, 0, 0, 0, 0, 7}, Until: seconds},
		"46 01 15000000 63 08000000 8000000000000007 00b9556900000000",
		`{"fact":"forget","record":"c","key":"8000000000000007","until":"2026-01-01T00:00:00Z"}`},
	{fact.Clock{At: milliseconds * 1000},
		"47 01 08000000 0040204648470600",
		`{"fact":"clock","at":"2026-01-01T00:00:00.000000Z"}`},
	{fact.Node{Number: 1, Incarnation: 0xa7},
		"48 01 0e000000 0100 a700000000000000 00000000",
		`{"fact":"node","number":1,"incarnation":"00000000000000a7","epoch":0}`},
	{fact.PurgeClock{At: milliseconds * 1000},
		"49 01 08000000 0040204648470600",
		`{"fact":"purge_clock","at":"2026-01-01T00:00:00.000000Z"}`},
	{fact.Trim{UpTo: fact.Position{Incarnation: 0xa7, Sequence: 12}, Frames: 3},
		"4a 01 14000000 a700000000000000 0c00000000000000 03000000",
		`{"fact":"trim","up_to":"00000000000000a7:12","frames":3}`},
	{fact.Head{Node: 1, Position: fact.Position{Incarnation: 0xa7, Sequence: 12}, Hash: cookie},
		"4b 01 32000000 0100 a700000000000000 0c00000000000000 " + cookieHex,
		`{"fact":"head","node":1,"position":"00000000000000a7:12","hash":"` + cookieHex + `"}`},
	{fact.Wait{Frame: []byte{1, 2}}, "4c 01 06000000 02000000 0102", `{"fact":"wait","length":2}`},
	{fact.Quarantine{Node: 3, Position: fact.Position{Incarnation: 7, Sequence: 2}, Judge: true, Raw: []byte{1, 2}},
		"4d 01 1a000000 0300 0700000000000000 0200000000000000 01 00 02000000 0102",
		`{"fact":"quarantine","node":3,"position":"0000000000000007:2","judge":true,"is_frame":false,"length":2}`},
	{fact.Release{Digest: cookie}, "4e 01 20000000 " + cookieHex,
		`{"fact":"release","digest":"` + cookieHex + `"}`},
	{fact.Followed{Position: []byte{0xa7, 12}}, "4f 01 06000000 02000000 a70c",
		`{"fact":"followed","position":"a70c"}`},
	{fact.Gap{After: milliseconds, Until: milliseconds + 1},
		"50 01 10000000 00a8da769b010000 01a8da769b010000",
		`{"fact":"gap","after":"2026-01-01T00:00:00.000Z","until":"2026-01-01T00:00:00.001Z"}`},
	{fact.SealKey{ID: "k1", Sealed: []byte{1, 2}}, "51 01 0a000000 0200 6b31 02000000 0102",
		`{"fact":"seal_key","id":"k1","sealed":"***"}`},
	{fact.UnsealKey{ID: "k1"}, "52 01 04000000 0200 6b31", `{"fact":"unseal_key","id":"k1"}`},
	{fact.ForgetKey{ID: "k1", Made: made}, "53 01 12000000 0200 6b31 00000000 0040204648470600 0100",
		`{"fact":"forget_key","id":"k1","made":"0/2026-01-01T00:00:00.000000Z/1"}`},
	{fact.ReserveEpoch{At: milliseconds}, "54 01 08000000 00a8da769b010000",
		`{"fact":"reserve_epoch","at":"2026-01-01T00:00:00.000Z"}`},
	{fact.RootChain{Statements: []string{"a.b.c"}}, "55 01 09000000 0100 0500 612e622e63",
		`{"fact":"root_chain","statements":["a.b.c"]}`},
	{fact.Imported{Key: []byte{0x80, 7}, Said: []byte{1, 2}, Run: 9, Kept: []byte(`{"groups":[7]}`)},
		"56 01 26000000 02000000 8007 02000000 0102 0900000000000000 0e000000 7b2267726f757073223a5b375d7d",
		`{"fact":"imported","key":"8007","said":"0102","run":9,"kept":{"groups":[7]}}`},
	{fact.Origin{JSON: []byte(`{}`)}, "57 01 06000000 02000000 7b7d", `{"fact":"origin","length":2}`},
	{fact.Membership{Role: fact.EdgeRole, Fleet: "shop", ID: [16]byte{9, 15: 0xee}, HubKey: cookie,
		Addresses: []string{"hub:7421"}},
		"58 01 43000000 02 0400 73686f70 090000000000000000000000000000ee " + cookieHex +
			" 0100 0800 6875623a37343231",
		`{"fact":"membership","role":"edge","fleet":"shop","id":"090000000000000000000000000000ee","hub_key":"` +
			cookieHex + `","addresses":["hub:7421"]}`},
	{fact.Lease{Number: 3, Incarnation: 0xa7}, "59 01 0a000000 0300 a700000000000000",
		`{"fact":"lease","number":3,"incarnation":"00000000000000a7"}`},
	{fact.Invitation{Digest: cookie, Name: "lyon", Until: milliseconds * 1000, Number: 3},
		"5a 01 30000000 " + cookieHex + " 0400 6c796f6e 0040204648470600 0300",
		`{"fact":"invitation","digest":"***","name":"lyon","until":"2026-01-01T00:00:00.000000Z","number":3}`},
	{fact.ForgetInvitation{Digest: cookie}, "5b 01 20000000 " + cookieHex,
		`{"fact":"forget_invitation","digest":"***"}`},
	{fact.Pending{Numbers: []uint16{2, 3}}, "5c 01 06000000 0200 0200 0300",
		`{"fact":"pending","numbers":["2","3"]}`},
}

// unusual are facts with what the samples do not have.
var unusual = []fact.Fact{
	fact.Customer{ID: core.Text("ünï"), Made: made, Stamp: made, Set: fact.AllFields, Email: "a@b.c", FirstName: "Ada",
		LastName: "L", Staff: true, Superuser: true, PasswordHash: "secret-hash", RevokeClaim: "secret-claim",
		Attributes: []byte(`{"plan": "gold"}`), Joined: -62135596800000000},
	fact.Customer{ID: core.Integer(-1), Made: fact.Before, Stamp: later, Set: fact.Attributes,
		Withdrawn: []string{"a.b", "a.c"}, Left: []string{"editors"}},
	fact.CutOff{Subject: fact.ByAddress("ada@example.com"), At: core.LastStart, Until: core.LastUntil},
	fact.CutOff{Subject: fact.ByID(core.Text("ada")), Until: -1},
	fact.RevokeFamily{Family: core.FamilyKey{Issuer: "partner", Bits: 1<<47 - 1}},
	fact.RevokeFamily{Family: core.FamilyKey{Customer: core.Text("")}},
	fact.AdvanceFamily{Family: core.FamilyKey{Bits: 5}, Start: milliseconds, Generation: 1, Home: 0x3fff},
	fact.AdvanceFamily{Family: family, Start: milliseconds, Generation: 1},
	fact.KeepCutOff{Subject: fact.ByID(ada)},
	fact.Group{Name: "a", Made: made, Stamp: later, Granted: []string{"b", "d"}, Withdrawn: []string{"a", "c", "e"}},
	fact.Login{Family: core.FamilyKey{Customer: core.Text("ada"), Bits: 1<<47 - 1, Start: 1}, Until: core.LastUntil},
	fact.Rehash{ID: ada, Made: made, Password: later, Hash: "secret-hash"},
	fact.Key{ID: "ünï", Made: made, Stamp: made, Algorithm: "HS256", Origin: "SECRET_KEY", RefreshOnly: true,
		Ends: 1800000000, ForGood: true},
	fact.Session{ID: cookie, Customer: core.Text("ada"), Used: 1},
	fact.Membership{},
	fact.Membership{Role: fact.HubRole, Fleet: "ünï"},
	fact.Member{Number: 1, Stamp: made, Name: "hub"},
	fact.Member{Number: fact.MaxNumber, Stamp: made, Name: "ünï", CutOff: core.LastStart},
	fact.Invitation{},
	fact.Node{Number: 0xffff, Incarnation: 1<<64 - 1, Epoch: 1<<32 - 1},
	fact.Node{Number: 1, Epoch: 1, Homes: core.LastStart},
}

// facts are all of the above.
func facts() (list []fact.Fact) {
	for _, s := range samples {
		list = append(list, s.fact)
	}
	return append(list, unusual...)
}

// older has a fact of each earlier version of a kind. It keeps its encoding, by which the frame is known that it is in.
var older = []struct {
	fact fact.Fact
	hex  string
}{
	{fact.RevokeFamily{Family: core.FamilyKey{Customer: ada, Bits: 5}, Start: milliseconds, Until: seconds},
		"05 01 23000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000"},
	{fact.AdvanceFamily{Family: core.FamilyKey{Customer: ada, Bits: 5}, Start: milliseconds, Until: seconds,
		Generation: 2, IssuedAt: milliseconds * 1000, Access: 3600, Refresh: 86400, Key: "k1", Incarnation: 0xa7,
		Sequence: 12},
		"06 01 53000000 0000 01 0700000000000000 0500000000000000 00a8da769b010000 00b9556900000000 " +
			"02000000 0040204648470600 100e000000000000 8051010000000000 0200 6b31 a700000000000000 " +
			"0c00000000000000"},
	{fact.Session{ID: cookie, Customer: ada, Started: milliseconds, Expires: milliseconds * 1000},
		"41 01 39000000 " + cookieHex + " 01 0700000000000000 00a8da769b010000 0040204648470600"},
}

func TestOlder(t *testing.T) {
	for _, o := range older {
		b, err := hex.DecodeString(strings.ReplaceAll(o.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if f, err := fact.Decode(b); err != nil || f != o.fact || !bytes.Equal(fact.Append(nil, f), b) {
			t.Errorf("%s is read as %#v, %v", o.hex, f, err)
		}
	}
}

// Each kind has a sample, which is encoded as ever.
func TestSamples(t *testing.T) {
	seen := map[fact.Kind]bool{}
	for _, s := range samples {
		kind := s.fact.Kind()
		if seen[kind] {
			t.Errorf("%v has two samples", kind)
		}
		seen[kind] = true
		if got := hex.EncodeToString(fact.Append(nil, s.fact)); got != strings.ReplaceAll(s.hex, " ", "") {
			t.Errorf("%v is encoded as %q, not %q", kind, got, s.hex)
		}
	}
	for kind := range fact.Kind(255) {
		if kind.Known() != seen[kind] {
			t.Errorf("kind %v: known %t, with a sample %t", kind, kind.Known(), seen[kind])
		}
	}
}

// What is appended is read, alone and with others behind it.
func TestRoundTrip(t *testing.T) {
	var all []byte
	for _, f := range facts() {
		b := fact.Append(nil, f)
		got, err := fact.Decode(b)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("%#v is read as %#v: %v", f, got, err)
		}
		all = append(all, b...)
	}
	r := codec.Reader{Rest: all}
	for _, f := range facts() {
		got, err := fact.Read(&r)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%#v is read as %#v: %v", f, got, err)
		}
	}
	if !r.Done() {
		t.Errorf("%d bytes are left", len(r.Rest))
	}
}

// A fact is a copy: it outlives the transaction in which its bytes were read.
func TestReadCopies(t *testing.T) {
	for _, f := range facts() {
		b := fact.Append(nil, f)
		want := bytes.Clone(b)
		got, err := fact.Decode(b)
		clear(b)
		if err != nil || !bytes.Equal(fact.Append(nil, got), want) {
			t.Errorf("%v changes with the bytes that it was read from: %v", f.Kind(), err)
		}
	}
}
