package guest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/wasm/guest"
	"github.com/edgetoken/edgetoken/wasm/guest/contained"
)

// host speaks the ABI with a guest as a real host does, but in the same process and without WebAssembly.
type host struct {
	*guest.Guest
	t    *testing.T
	keys *coretest.HMACKeys
}

// write puts a message into the input area and returns its size.
func (h host) write(message []byte) uint32 {
	return uint32(copy(h.Input(), message))
}

func (h host) ok(name string, status abi.Status) {
	h.t.Helper()
	if status != abi.StatusOK {
		h.t.Fatalf("%s = %v", name, status)
	}
}

func (h host) opened(set core.KeySet) (o core.Opened) {
	h.t.Helper()
	size, ok := abi.ReadOpened(h.Output(), &o)
	if !ok {
		h.t.Fatal("this is no opened token")
	}
	if o.Cause == cause.OK {
		o.Issuer, o.KeyEnds = set.Keys[o.Key].Issuer, set.Keys[o.Key].NotAfter
		o.Claims = append(o.Claims, h.Claims()[:size]...)
	}
	return o
}

// split opens a token with Inspect and Accept, as a host that checks signatures itself does.
func (h host) split(token []byte) core.Opened {
	h.t.Helper()
	set := h.keys.Set()
	h.ok("Inspect", h.Inspect(h.write(token)))
	in, ok := abi.ReadInspected(h.Output(), len(token), len(set.Keys))
	if !ok || in.Epoch != set.Epoch {
		h.t.Fatalf("Inspect answers with %+v, %v", in, ok)
	}
	if in.Cause != cause.OK {
		return core.Opened{Cause: in.Cause}
	}
	signature, ok := core.DecodePart(nil, token[in.Signature:])
	if !ok {
		return core.Opened{Cause: cause.Malformed}
	}
	if good, err := h.keys.Check(context.Background(), in.Key, token[:in.Input], signature); err != nil || !good {
		return core.Opened{Cause: cause.BadSignature}
	}
	h.ok("Accept", h.Accept(h.nonce(in.Nonce)))
	o := h.opened(set)
	// A host that has seen the header has the claims read alone.
	first := bytes.IndexByte(token, '.') + 1
	claims, ok := core.DecodePart(nil, token[first:in.Input])
	if !ok && o.Cause != cause.Malformed {
		h.t.Errorf("the claims of %.80q are no base64url, and Accept gives %+v", token, o)
	}
	if !ok {
		return o
	}
	copy(h.Claims(), claims)
	h.ok("Read", h.Read(uint32(in.Key), uint32(len(claims))))
	read := h.opened(set)
	if !reflect.DeepEqual(read, o) {
		h.t.Errorf("Read of %.80q = %+v, after Accept = %+v", token, read, o)
	}
	if status := h.Accept(h.nonce(in.Nonce)); status != abi.StatusOutOfOrder {
		h.t.Errorf("Accept after Read = %v", status)
	}
	return o
}

// nonce writes the message of Accept.
func (h host) nonce(nonce uint64) uint32 {
	return h.write(binary.LittleEndian.AppendUint64(nil, nonce))
}

// inspected is the nonce of a token that is inspected.
func (h host) inspected(token []byte) uint64 {
	h.t.Helper()
	h.ok("Inspect", h.Inspect(h.write(token)))
	return binary.LittleEndian.Uint64(h.Output()[8:])
}

// message encodes the configuration of a guest, key material included.
func message(t *testing.T, s core.Settings, keys *coretest.HMACKeys) []byte {
	t.Helper()
	c := abi.Config{Settings: s, Set: keys.Set()}
	for i := range c.Set.Keys {
		material, err := keys.Material(i)
		if err != nil {
			t.Fatal(err)
		}
		c.Material = append(c.Material, material)
	}
	return c.Append(nil)
}

func requests(o core.Opened) (list []core.Request) {
	for op := core.Authenticate; op.Known(); op++ {
		list = append(list, core.Request{
			Op: op, Opened: o, Now: coretest.Now, Entropy: coretest.Entropy(), Extra: []byte(`{"plan":"pro"}`),
			State: core.State{Customer: core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true},
				PasswordGood: true},
		})
	}
	return list
}

// Both guests answer as the native engine does: to every seed, to every token at a bound and to every request.
func TestAnswersAreNative(t *testing.T) {
	s, keys := core.DefaultSettings(), coretest.OneKey()
	native := core.NewNative(s, keys)
	var (
		plain     guest.Guest
		full      contained.Guest
		config    = message(t, s, keys)
		split     = host{&plain, t, keys}
		selfCheck = host{&full.Guest, t, keys}
	)
	split.ok("Configure", split.Configure(split.write(config), nil))
	selfCheck.ok("Configure", full.Configure(selfCheck.write(config)))
	tokens := coretest.Seeds(t)
	for _, b := range coretest.Bounds() {
		tokens = append(tokens, b.Token)
	}
	for _, token := range tokens {
		if len(token) > abi.InputBytes {
			continue
		}
		var want core.Opened
		if err := native.Open(t.Context(), []byte(token), &want); err != nil {
			t.Fatal(err)
		}
		if got := split.split([]byte(token)); !reflect.DeepEqual(got, want) {
			t.Errorf("Inspect and Accept of %.80q = %+v, want %+v", token, got, want)
		}
		selfCheck.ok("Open", full.Open(selfCheck.write([]byte(token))))
		if want.ReadFamily(); want.KnownFamily() == nil { // what cannot be listed does not cross the wall
			want.SetFamily(core.Family{})
		}
		if got := selfCheck.opened(keys.Set()); !reflect.DeepEqual(got, want) {
			t.Errorf("Open of %.80q = %+v, want %+v", token, got, want)
		}
		for _, req := range requests(want) {
			outcome, err := native.Decide(t.Context(), req)
			m := abi.AppendRequest(nil, &req)
			var got core.Outcome
			if status := full.Decide(selfCheck.write(m)); (status == abi.StatusOK) != (err == nil) {
				t.Fatalf("Decide(op %d, %.80q) = %v, want %v", req.Op, token, status, err)
			}
			if err != nil {
				continue
			}
			if got = selfCheck.outcome(); !reflect.DeepEqual(got, outcome) {
				t.Errorf("Decide(op %d, %.80q) = %+v, want %+v", req.Op, token, got, outcome)
			}
			if req.Op.Writes() {
				split.ok("Prepare", split.Prepare(split.write(m)))
				if got := split.signed(req); !reflect.DeepEqual(got, outcome) {
					t.Errorf("Prepare(op %d, %.80q), signed = %+v, want %+v", req.Op, token, got, outcome)
				}
				if got := split.written(req); !reflect.DeepEqual(got, outcome) {
					t.Errorf("Write(op %d, %.80q), signed = %+v, want %+v", req.Op, token, got, outcome)
				}
				continue
			}
			split.ok("DecideReading", split.DecideReading(split.write(m)))
			if got := split.outcome(); !reflect.DeepEqual(got, outcome) {
				t.Errorf("DecideReading(op %d, %.80q) = %+v, want %+v", req.Op, token, got, outcome)
			}
		}
	}
}

func (h host) outcome() core.Outcome {
	h.t.Helper()
	answer, ok := abi.ReadFramed(h.Output())
	if !ok {
		h.t.Fatal("the answer has no frame")
	}
	o, ok := abi.ReadOutcome(answer)
	if !ok {
		h.t.Fatal("this is no outcome")
	}
	return o
}

// drafted is what a log-in is granted.
func drafted(t *testing.T, login core.Request) (d core.Draft) {
	t.Helper()
	s := core.DefaultSettings()
	if err := core.Prepare(&s, coretest.OneKey().Set(), &login, new(core.Prepared), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// written decides as the host, has the guest write what is granted, and signs it.
func (h host) written(req core.Request) core.Outcome {
	h.t.Helper()
	var (
		p core.Prepared
		d core.Draft
	)
	s := core.DefaultSettings()
	if err := core.Prepare(&s, h.keys.Set(), &req, &p, &d); err != nil {
		h.t.Fatal(err)
	}
	if !p.Refused() {
		h.ok("Write", h.Write(h.write(abi.AppendDraft(nil, &d))))
		size, ok := abi.WrittenSize(h.Output())
		if ok {
			p.Inputs, ok = abi.ReadWritten(nil, h.Output()[:size], len(d.Tokens))
		}
		if !ok {
			h.t.Fatal("nothing is written")
		}
	}
	o, err := p.Sign(context.Background(), h.keys, req.Entropy)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// signed reads the prepared tokens and signs them as the host.
func (h host) signed(req core.Request) core.Outcome {
	h.t.Helper()
	answer, ok := abi.ReadFramed(h.Output())
	var p core.Prepared
	if !ok || !abi.ReadPrepared(answer, len(h.keys.Set().Keys), &p) {
		h.t.Fatal("nothing is prepared")
	}
	o, err := p.Sign(context.Background(), h.keys, req.Entropy)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func TestPermit(t *testing.T) {
	h := host{new(guest.Guest), t, nil}
	q := abi.Question{Rule: permission.DjangoModelPermissions, Method: "POST", Model: "customers.customer",
		Caller: permission.Caller{Authenticated: true, Active: true, Rights: []string{"customers.add_customer"}}}
	for method, want := range map[string]permission.Verdict{"POST": permission.Allowed, "DELETE": permission.Forbidden,
		"TRACE": permission.MethodNotAllowed} {
		q.Method = method
		h.ok("Permit", h.Permit(h.write(q.Append(nil))))
		if got, ok := abi.ReadVerdict(h.Output()); !ok || got != want {
			t.Errorf("Permit(%s) = %v, %v; want %v", method, got, ok, want)
		}
	}
}

// Each mistake of a host has its own status, and the guest serves the next call.
func TestStatus(t *testing.T) {
	keys := coretest.OneKey()
	config := message(t, core.DefaultSettings(), keys)
	token := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`))
	login, verify := requests(core.Opened{})[core.Login-1], requests(core.Opened{Cause: cause.BadClaims})[core.Verify-1]
	noEntropy := login
	noEntropy.Entropy = nil
	granted := drafted(t, login)
	keyless, reserved := granted, granted
	keyless.Key, reserved.Extra = 1, []byte(`{"exp":1}`)
	var g contained.Guest
	h := host{&g.Guest, t, keys}
	size := h.write
	const tooLarge = abi.InputBytes + 1
	var nonce uint64
	inspect := func(token []byte) func() abi.Status {
		return func() abi.Status { nonce = h.inspected(token); return abi.StatusOK }
	}
	accept := func() abi.Status { return g.Accept(h.nonce(nonce)) }
	fails := func(*abi.Config) error { return errors.New("another kind of key") }
	panics := func(*abi.Config) error { panic("a bug") }
	for _, c := range []struct {
		name string
		call func() abi.Status
		want abi.Status
	}{
		{"Inspect before Configure", func() abi.Status { return g.Inspect(size(token)) }, abi.StatusNotConfigured},
		{"Accept before Configure", accept, abi.StatusNotConfigured},
		{"Judge before Configure", func() abi.Status { return g.Judge(0) }, abi.StatusNotConfigured},
		{"Read before Configure", func() abi.Status { return g.Read(0, 0) }, abi.StatusNotConfigured},
		{"Open before Configure", func() abi.Status { return g.Open(size(token)) }, abi.StatusNotConfigured},
		{"Prepare before Configure", func() abi.Status { return g.Prepare(size(abi.AppendRequest(nil, &login))) },
			abi.StatusNotConfigured},
		{"Write before Configure", func() abi.Status { return g.Write(size(abi.AppendDraft(nil, &granted))) },
			abi.StatusNotConfigured},
		{"Decide before Configure", func() abi.Status { return g.Decide(size(abi.AppendRequest(nil, &login))) },
			abi.StatusNotConfigured},
		{"no configuration", func() abi.Status { return g.Configure(size([]byte("no configuration"))) },
			abi.StatusBadMessage},
		{"a configuration cut short", func() abi.Status { return g.Configure(size(config) - 1) }, abi.StatusBadMessage},
		{"a configuration that is too large", func() abi.Status { return g.Configure(tooLarge) }, abi.StatusBadMessage},
		{"Configure", func() abi.Status { return g.Configure(size(config)) }, abi.StatusOK},
		{"keys that cannot be read", func() abi.Status { return g.Guest.Configure(size(config), fails) },
			abi.StatusBadKey},
		{"a panic", func() abi.Status { return g.Guest.Configure(size(config), panics) }, abi.StatusPanicked},
		{"Accept first", accept, abi.StatusOutOfOrder},
		{"Accept of a message that is too large", func() abi.Status { return g.Accept(tooLarge) },
			abi.StatusBadMessage},
		{"Accept without a nonce", func() abi.Status { return g.Accept(0) }, abi.StatusBadMessage},
		{"Inspect", inspect(token), abi.StatusOK},
		{"Accept", accept, abi.StatusOK},
		{"Accept again", accept, abi.StatusOutOfOrder},
		{"Inspect of what is no token", inspect([]byte("..")), abi.StatusOK},
		{"Accept of what is no token", accept, abi.StatusOutOfOrder},
		{"Inspect", inspect(token), abi.StatusOK},
		{"Read", func() abi.Status { return g.Read(0, 9) }, abi.StatusOK},
		{"Accept of what was inspected before", accept, abi.StatusOutOfOrder},
		{"Read by a key that there is not", func() abi.Status { return g.Read(1, 9) }, abi.StatusBadMessage},
		{"Read of what is too large", func() abi.Status { return g.Read(0, abi.ClaimsBytes+1) }, abi.StatusBadMessage},
		{"Inspect", inspect(token), abi.StatusOK},
		{"Open", func() abi.Status { return g.Open(size(token)) }, abi.StatusOK},
		{"Accept after Open", accept, abi.StatusOutOfOrder},
		{"a token that is too large", func() abi.Status { return g.Inspect(tooLarge) }, abi.StatusBadMessage},
		{"a check that fails", func() abi.Status {
			return g.Guest.Open(size(token), func(int, []byte, []byte) (bool, error) {
				return true,
					errors.New("the KMS is away")
			})
		}, abi.StatusFailed},
		{"Prepare", func() abi.Status { return g.Prepare(size(abi.AppendRequest(nil, &login))) }, abi.StatusOK},
		{"Prepare of what writes nothing",
			func() abi.Status { return g.Prepare(size(abi.AppendRequest(nil, &verify))) }, abi.StatusNotHere},
		{"Prepare without entropy", func() abi.Status { return g.Prepare(size(abi.AppendRequest(nil, &noEntropy))) },
			abi.StatusFailed},
		{"Prepare of no request", func() abi.Status { return g.Prepare(size(token)) }, abi.StatusBadMessage},
		{"Write", func() abi.Status { return g.Write(size(abi.AppendDraft(nil, &granted))) }, abi.StatusOK},
		{"Write of what is too large", func() abi.Status { return g.Write(tooLarge) }, abi.StatusBadMessage},
		{"Write of no draft", func() abi.Status { return g.Write(size(token)) }, abi.StatusBadMessage},
		{"Write with a key that there is not",
			func() abi.Status { return g.Write(size(abi.AppendDraft(nil, &keyless))) }, abi.StatusFailed},
		{"Write of claims that are not to be configured",
			func() abi.Status { return g.Write(size(abi.AppendDraft(nil, &reserved))) }, abi.StatusFailed},
		{"Decide without entropy", func() abi.Status { return g.Decide(size(abi.AppendRequest(nil, &noEntropy))) },
			abi.StatusFailed},
		{"Decide of no request", func() abi.Status { return g.Decide(size(token)) }, abi.StatusBadMessage},
		{"DecideReading of what writes",
			func() abi.Status { return g.DecideReading(size(abi.AppendRequest(nil, &login))) }, abi.StatusNotHere},
		{"Permit of no question", func() abi.Status { return g.Permit(size([]byte{200})) }, abi.StatusBadMessage},
	} {
		if got := c.call(); got != c.want {
			t.Errorf("%s = %v, want %v", c.name, got, c.want)
		}
	}
}

// No secret stays in the input area once the guest is configured.
func TestSecretsAreCleared(t *testing.T) {
	var g contained.Guest
	h := host{&g.Guest, t, nil}
	config := message(t, core.DefaultSettings(), coretest.OneKey())
	h.ok("Configure", g.Configure(h.write(config)))
	for i, b := range h.Input()[:len(config)] {
		if b != 0 {
			t.Fatalf("byte %d of the configuration is still there", i)
		}
	}
}

// A call allocates nothing for a token.
func TestNoAllocations(t *testing.T) {
	keys := coretest.OneKey()
	h := host{new(guest.Guest), t, keys}
	h.ok("Configure", h.Configure(h.write(message(t, core.DefaultSettings(), keys)), nil))
	token := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1,"user_id":"7"}`))
	if n := testing.AllocsPerRun(100, func() {
		h.ok("Inspect", h.Inspect(h.write(token)))
		copy(h.Input(), h.Output()[8:16]) // the nonce
		h.ok("Accept", h.Accept(8))
	}); n > 0 {
		t.Errorf("Inspect and Accept allocate %v times", n)
	}
}

// Tokens that fill the output area to the last byte lie in it, and what does not fit is refused: never is an answer one
// of which a part lies elsewhere.
func TestWriteToTheEndOfItsArea(t *testing.T) {
	h := configured(t, core.DefaultSettings())
	set, s := h.keys.Set(), core.DefaultSettings()
	d := drafted(t, requests(core.Opened{})[core.Login-1])
	const room = abi.OutputBytes - abi.WrittenBytes
	var fits, refused int
	for size := 98_000; fits == 0 || refused == 0; size++ {
		d.UserID = core.Text(strings.Repeat("x", size))
		want, _, err := core.NewWriter(&s, set).Write(nil, &d)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) < room-24 {
			continue
		}
		status := h.Write(h.write(abi.AppendDraft(nil, &d)))
		switch {
		case status == abi.StatusTooLong && len(want) > room-8:
			refused++
		case status != abi.StatusOK || !bytes.Equal(h.Output()[abi.WrittenBytes:][:len(want)], want):
			t.Fatalf("Write of %d bytes into %d = %v, or another text than these", len(want), room, status)
		default:
			fits++
		}
	}
}
