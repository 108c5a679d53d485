package abi_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// expiry has one claim.
func expiry(v strictjson.Value) core.Places { return core.Places{ExpiresAt: v} }

// The worked examples of the docs.
func TestExamples(t *testing.T) {
	o := core.Opened{Claims: []byte(`{"exp":9}`),
		Places: expiry(strictjson.Value{Form: strictjson.Number, Start: 7, End: 8})}
	login := core.Request{Op: core.Login, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		State: core.State{Longest: core.Lifetimes{Access: 3600, Refresh: 3 * 24 * 3600}}}
	expired := core.Outcome{Refusals: []core.Refusal{{Cause: cause.Expired, Class: core.AccessToken}}}
	config := abi.Config{Settings: core.DefaultSettings()}
	question := sampleQuestions()[0]
	for _, c := range []struct {
		name string
		got  []byte
		at   int
		want string
	}{
		{"Layout", encodedLayout(abi.Layout{0x10000, abi.InputBytes, 0x50000, abi.OutputBytes, 0x90000,
			abi.ClaimsBytes}), 0,
			"00000100 00000400 00000500 00000400 00000900 00000100"},
		{"Inspected", encodedInspected(abi.Inspected{Epoch: 7, Nonce: 9, Inspected: core.Inspected{Input: 106,
			Signature: 107}}), 0,
			"0700000000000000 0900000000000000 00000000 6a000000 6b000000 00 000000"},
		{"Judging", sampleJudging.Append(nil), 0, "0900000000000000 0040204648470600 0600616363657373 0000"},
		{"judged", abi.AppendJudged(nil, cause.Expired), 0, "0f"},
		{"Opened", abi.AppendOpened(nil, &o), 32, "04000000 07000000 08000000"},
		{"Config", config.Append(nil), 0, "0300352e35 0600736563757265"},
		{"Request", abi.AppendRequest(nil, &login), 0, "03 0040204648470600"},
		{"lifetimes of a Request", abi.AppendRequest(nil, &login), 60,
			"100e000000000000 80f4030000000000 0000000000000000"},
		{"Draft", abi.AppendDraft(nil, &core.Draft{Issued: 1767225600, UserID: core.Integer(7),
			Tokens: make([]core.DraftToken, 2)}), 0, "02010000 00000000 00b9556900000000 0700000000000000"},
		{"Outcome", abi.AppendOutcome(nil, &expired), 0, "01 0f 0600616363657373 00"},
		{"Question", question.Append(nil), 0, "04 01010000 0400504f5354 1200637573746f6d"},
		{"verdict", abi.AppendVerdict(nil, permission.MethodNotAllowed), 0, "03"},
		{"framed", abi.AppendFramed(nil, func(b []byte) []byte { return append(b, "Hi"...) }), 0, "02000000 4869"},
	} {
		if got, want := hex.EncodeToString(c.got[c.at:]), strings.ReplaceAll(c.want, " ", ""); !strings.HasPrefix(got,
			want) {
			t.Errorf("%s: %.60s, want %s", c.name, got, want)
		}
	}
}

func sampleConfigs() []abi.Config {
	iss := ""
	s := core.DefaultSettings()
	s.Compat, s.Wire, s.Node, s.Issuer, s.Audience, s.AudienceList = core.V52, core.Exact, "edge-1", &iss,
		[]string{"a", "b"}, true
	s.TokenTypeClaim, s.Leeway, s.AuthTokenClasses = "", 1500*time.Millisecond,
		[]core.TokenType{core.AccessToken, core.SlidingToken}
	return []abi.Config{
		{Settings: core.DefaultSettings(), Set: core.KeySet{}},
		{Settings: s, Set: core.KeySet{Keys: []core.KeyInfo{{ID: "k", Algorithm: "HS256", Default: true, AnyID: true,
			RefreshOnly: true, NotAfter: 4102444800, Longest: 86400}},
			Signing: []core.SigningKey{{}, {From: 1790000000}}},
			Material: [][]byte{[]byte(coretest.Secret)}},
	}
}

func TestConfigRoundTrip(t *testing.T) {
	for _, want := range sampleConfigs() {
		got, ok := abi.ReadConfig(want.Append(nil))
		if !ok || !reflect.DeepEqual(*got, want) {
			t.Errorf("read back %+v, %v; want %+v", got, ok, want)
		}
	}
}

func encodedInspected(i abi.Inspected) []byte {
	var b [abi.InspectedBytes]byte
	i.Put(&b)
	return b[:]
}

// encodedLayout is a layout as it lies in the memory of a guest.
func encodedLayout(l abi.Layout) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, l)
	if err != nil {
		panic(err)
	}
	return b
}

func sampleRequests(tb testing.TB) []core.Request {
	e := core.NewNative(core.DefaultSettings(), coretest.OneKey())
	token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`,
		`{"token_type":"refresh","exp":4102444800,"jti":"x","user_id":[1]}`)
	var o core.Opened
	if err := e.Open(tb.Context(), []byte(token), &o); err != nil || o.Cause != cause.OK {
		tb.Fatal(o.Cause, err)
	}
	o.KeyEnds = 4102444800
	state := core.State{
		Customer: core.Customer{ID: core.Integer(7), UserID: core.Text("a@b.c"), Active: true, RevokeClaim: "F0",
			Version: 2}, PasswordGood: true, UnreadableCustomer: true,
		Family: core.FamilyState{Version: 4, Dead: true, Generation: 1<<32 - 1}, CutOff: 1, HighWater: 2,
		Longest: core.Lifetimes{Access: 3, Refresh: 4, Foreign: 5},
	}
	return []core.Request{
		{Op: core.Login, State: state, Now: coretest.Now, Entropy: coretest.Entropy(), Extra: []byte(`{"plan":"pro"}`)},
		{Op: core.Refresh, Opened: o, State: state, Now: coretest.Now, Entropy: coretest.Entropy(), Extra: []byte{}},
		{Op: core.SlidingLogin, State: state, Now: coretest.Now, Entropy: coretest.Entropy(), Extra: []byte{}},
		{Op: core.SlidingRefresh, Opened: o, State: state, Now: coretest.Now, Entropy: coretest.Entropy(),
			Extra: []byte(`{"plan":"pro"}`)},
		{Op: core.Verify, Opened: core.Opened{Cause: cause.BadSignature, Claims: []byte{}}, Now: coretest.Now,
			Extra: []byte{}, Entropy: []byte{}},
	}
}

func TestRequestRoundTrip(t *testing.T) {
	for _, want := range sampleRequests(t) {
		var got core.Request
		ok := abi.ReadRequest(abi.AppendRequest(nil, &want), &got)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("read back %+v, %v; want %+v", got, ok, want)
		}
	}
}

// drafts are what the samples are granted.
func drafts(tb testing.TB) (list []core.Draft) {
	tb.Helper()
	s := core.DefaultSettings()
	s.RotateRefreshTokens = true
	for _, r := range sampleRequests(tb) {
		r.State.Family = core.FamilyState{}
		r.State.CutOff = 0
		var d core.Draft
		if !r.Op.Writes() {
			continue
		}
		if err := core.Prepare(&s, coretest.OneKey().Set(), &r, new(core.Prepared), &d); err != nil {
			tb.Fatal(err)
		}
		if len(d.Tokens) > 0 {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		tb.Fatal("nothing is granted")
	}
	return list
}

func TestDraftRoundTrip(t *testing.T) {
	for _, want := range drafts(t) {
		var got core.Draft
		if ok := abi.ReadDraft(abi.AppendDraft(nil, &want), &got); !ok || !sameDraft(got, want) {
			t.Errorf("read back %+v, %v; want %+v", got, ok, want)
		}
	}
}

// sameDraft takes no bytes for the same as nil, but for claims: without them a draft is one of a log-in.
func sameDraft(a, b core.Draft) bool {
	return bytes.Equal(a.Extra, b.Extra) && bytes.Equal(a.CopiedAt, b.CopiedAt) && bytes.Equal(a.Claims, b.Claims) &&
		(a.Claims == nil) == (b.Claims == nil) && reflect.DeepEqual(a.Tokens, b.Tokens) && a.UserID == b.UserID &&
		a.Key == b.Key && a.Issued == b.Issued && a.RevokeClaim == b.RevokeClaim
}

var sampleJudging = abi.Judging{Nonce: 9, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Type: core.AccessToken}

func TestJudging(t *testing.T) {
	want := sampleJudging
	want.Type, want.Required = core.SlidingToken, []string{"exp", "plan"}
	if got, ok := abi.ReadJudging(want.Append(nil)); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, %v; want %+v", got, ok, want)
	}
	if got, ok := abi.ReadJudging(append(want.Append(nil), 0)); ok {
		t.Errorf("with a trailing byte: %+v", got)
	}
	want.Type = core.RefreshToken
	if got, ok := abi.ReadJudging(want.Append(nil)); ok {
		t.Errorf("no header takes a refresh token, and yet: %+v", got)
	}
	if c, ok := abi.ReadJudged([]byte{200}); ok {
		t.Errorf("200 is no cause, and yet: %v", c)
	}
}

func sampleQuestions() []abi.Question {
	return []abi.Question{
		{Rule: permission.DjangoModelPermissions, Method: "POST", Model: "customers.customer",
			Caller: permission.Caller{Authenticated: true, Active: true}},
		{Caller: permission.Caller{Staff: true, Superuser: true, Rights: []string{"customers.add_customer", ""}}},
	}
}

func TestQuestionRoundTrip(t *testing.T) {
	for _, want := range sampleQuestions() {
		if got, ok := abi.ReadQuestion(want.Append(nil)); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("read back %+v, %v; want %+v", got, ok, want)
		}
	}
}

// A malformed question or verdict is refused, and allows nothing.
func TestPermitBounds(t *testing.T) {
	good := sampleQuestions()[0].Append(nil)
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"empty", nil},
		{"unknown rule", append([]byte{6}, good[1:]...)},
		{"neither true nor false", append([]byte{4, 2}, good[2:]...)},
		{"cut", good[:len(good)-1]},
		{"trailing byte", append(bytes.Clone(good), 0)},
	} {
		if q, ok := abi.ReadQuestion(c.b); ok {
			t.Errorf("%s: ReadQuestion(%x) = %+v", c.name, c.b, q)
		}
	}
	for _, b := range [][]byte{nil, {4}, {0xff}} {
		if v, ok := abi.ReadVerdict(b); ok || v != permission.Forbidden {
			t.Errorf("ReadVerdict(%x) = %v, %v, want Forbidden, false", b, v, ok)
		}
	}
}

// No host has a key that ended before 1970, so a config with one is refused.
func TestConfigBounds(t *testing.T) {
	c := abi.Config{Settings: core.DefaultSettings(), Set: core.KeySet{Keys: []core.KeyInfo{{Algorithm: "HS256",
		NotAfter: -1}}}}
	if _, ok := abi.ReadConfig(c.Append(nil)); ok {
		t.Error("ReadConfig takes a key that ends before 1970")
	}
}

// What lies out of its bounds is refused, on both sides.
func TestBounds(t *testing.T) {
	set := coretest.OneKey().Set()
	inspected := func(i core.Inspected) []byte { return encodedInspected(abi.Inspected{Inspected: i}) }
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"good", inspected(core.Inspected{Input: 9, Signature: 10}), true},
		{"empty signature", inspected(core.Inspected{Input: 19, Signature: 20}), true},
		{"key beyond the set", inspected(core.Inspected{Key: 1, Input: 9, Signature: 10}), false},
		{"input beyond the token", inspected(core.Inspected{Input: 20, Signature: 21}), false},
		{"signature elsewhere", inspected(core.Inspected{Input: 9, Signature: 9}), false},
		{"unknown cause", append(inspected(core.Inspected{})[:28], 200, 0, 0, 0), false},
		{"cut", inspected(core.Inspected{Input: 9, Signature: 10})[:31], false},
	} {
		if _, ok := abi.ReadInspected(c.b, 20, len(set.Keys)); ok != c.want {
			t.Errorf("Inspected, %s: %v, want %v", c.name, ok, c.want)
		}
	}
	claims := []byte(`{"exp":[]}`)
	unknownKind := core.Opened{Claims: claims}
	unknownKind.SetFamily(core.Family{Listed: true, Kind: 4})
	for _, c := range []struct {
		name string
		o    core.Opened
		want bool
	}{
		{"good", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Array, Start: 7, End: 9})},
			true},
		{"end beyond the claims", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Number, Start: 7, End: 11})}, false},
		{"start after end", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Number, Start: 8, End: 7})}, false},
		{"array of one byte", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Array, Start: 7, End: 8})}, false},
		{"unknown form", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: 9, Start: 7, End: 8})}, false},
		{"absent, but somewhere", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Start: 7, End: 8})}, false},
		{"key beyond any set", core.Opened{Claims: claims, Key: 1 << 16}, false},
		{"array that wraps around", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Array, Start: 0xfffffffe, End: 1})}, false},
		{"string without an opening quote", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.String, Start: 0, End: 4})}, false},
		{"string without a closing quote", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.String, Start: 2, End: 10})}, false},
		{"number of no byte", core.Opened{Claims: claims,
			Places: expiry(strictjson.Value{Form: strictjson.Number, Start: 7, End: 7})}, false},
		{"unknown kind", unknownKind, false},
	} {
		if _, ok := abi.ReadOpened(abi.AppendOpened(nil, &c.o), new(core.Opened)); ok != c.want {
			t.Errorf("Opened, %s: %v, want %v", c.name, ok, c.want)
		}
	}
	for _, at := range []int{1, 2, 3, 12, 16, 24} { // of a family that is not listed nothing is said
		b := abi.AppendOpened(nil, &core.Opened{Claims: claims})
		if b[at] = 2; at == 3 {
			b[1] = 1
		}
		if _, ok := abi.ReadOpened(b, new(core.Opened)); ok {
			t.Errorf("Opened, byte %d of a family: it is read", at)
		}
	}
	const memory = 0xa0000
	for _, c := range []struct {
		name string
		l    abi.Layout
		want bool
	}{
		{"good", abi.Layout{0x10000, abi.InputBytes, 0x50000, abi.OutputBytes, 0x90000, abi.ClaimsBytes}, true},
		{"beyond memory", abi.Layout{0x10000, abi.InputBytes, 0x50000, abi.OutputBytes, 0x90001, abi.ClaimsBytes},
			false},
		{"around the end of addresses", abi.Layout{0xffffffff, abi.InputBytes, 0x50000, abi.OutputBytes, 0x90000,
			abi.ClaimsBytes}, false},
		{"another size", abi.Layout{0x10000, abi.InputBytes + 1, 0x50001, abi.OutputBytes, 0x90001, abi.ClaimsBytes},
			false},
		{"overlapping", abi.Layout{0x10000, abi.InputBytes, 0x4ffff, abi.OutputBytes, 0x90000, abi.ClaimsBytes}, false},
	} {
		if _, ok := abi.ReadLayout(encodedLayout(c.l), memory); ok != c.want {
			t.Errorf("Layout, %s: %v, want %v", c.name, ok, c.want)
		}
	}
}

// FuzzMessages reads any bytes as each message. An accepted message re-encodes to itself, and core decides on it
// without a panic.
func FuzzMessages(f *testing.F) {
	set := coretest.OneKey().Set()
	settings := core.DefaultSettings()
	for _, c := range sampleConfigs() {
		f.Add(c.Append(nil))
	}
	for _, r := range sampleRequests(f) {
		f.Add(abi.AppendRequest(nil, &r))
		f.Add(abi.AppendOpened(nil, &r.Opened))
		if len(r.Entropy) > 0 {
			p, err := core.NewWriter(&settings, set).Prepare(&r)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(abi.AppendPrepared(nil, p))
			o := core.Outcome{Refusals: []core.Refusal{{Cause: cause.Expired, Class: core.AccessToken}}}
			f.Add(abi.AppendOutcome(nil, &o))
		}
	}
	for _, d := range drafts(f) {
		f.Add(abi.AppendDraft(nil, &d))
	}
	for _, q := range sampleQuestions() {
		f.Add(q.Append(nil))
	}
	f.Add(encodedInspected(abi.Inspected{Epoch: 7, Inspected: core.Inspected{Input: 106, Signature: 107}}))
	writer := core.NewWriter(&settings, set)
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, ok := abi.ReadConfig(b); ok && !bytes.Equal(c.Append(nil), b) {
			t.Errorf("a config re-encodes to %x", c.Append(nil))
		}
		if r := new(core.Request); abi.ReadRequest(b, r) {
			_, _ = writer.Prepare(r)
			core.Decide(&settings, r)
			if r.Opened.Cause == cause.OK && !bytes.Equal(abi.AppendRequest(nil, r), canonicalOpened(b)) {
				t.Errorf("a request re-encodes to %x", abi.AppendRequest(nil, r))
			}
		}
		if o, ok := abi.ReadOutcome(b); ok && !bytes.Equal(abi.AppendOutcome(nil, &o), b) {
			t.Errorf("an outcome re-encodes to %x", abi.AppendOutcome(nil, &o))
		}
		if p := new(core.Prepared); abi.ReadPrepared(b, 1, p) && !bytes.Equal(abi.AppendPrepared(nil, p), b) {
			t.Errorf("what was prepared re-encodes to %x", abi.AppendPrepared(nil, p))
		}
		if d := new(core.Draft); abi.ReadDraft(b, d) {
			_, _, _ = writer.Write(nil, d)
			if !bytes.Equal(abi.AppendDraft(nil, d), b) {
				t.Errorf("a draft re-encodes to %x", abi.AppendDraft(nil, d))
			}
		}
		if inputs, ok := abi.ReadWritten(nil, b, 2); ok {
			var fixed [abi.WrittenBytes]byte
			abi.PutWritten(&fixed, inputs)
			if !bytes.Equal(append(fixed[:], bytes.Join(inputs, nil)...), b) {
				t.Errorf("signing inputs re-encode to %x", fixed)
			}
		}
		if q, ok := abi.ReadQuestion(b); ok && !bytes.Equal(q.Append(nil), b) {
			t.Errorf("a question re-encodes to %x", q.Append(nil))
		}
		abi.ReadOpened(b, new(core.Opened))
		abi.ReadInspected(b, 150, 1)
		abi.ReadLayout(b, 1<<20)
		abi.ReadFramed(b)
	})
}

// canonicalOpened zeroes the bytes of a request that mean nothing: the padding in the Opened at its end.
func canonicalOpened(b []byte) []byte {
	b = bytes.Clone(b)
	if core.Op(b[0]).LogsIn() {
		return b
	}
	opened := len(b) - abi.OpenedBytes
	b[opened+3] = 0
	for slot := opened + 32; slot < opened+abi.OpenedBytes; slot += 12 {
		b[slot+1], b[slot+2], b[slot+3] = 0, 0, 0
	}
	return b
}
