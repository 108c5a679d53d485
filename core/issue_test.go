package core_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Every byte at every place of inputs of every length that matters, after text of any length.
func TestAppendBase64(t *testing.T) {
	for size := range 20 {
		for at := range max(size, 1) {
			for b := range 256 {
				src := bytes.Repeat([]byte{0x5a}, size)
				if size > 0 {
					src[at] = byte(b)
				}
				before := strings.Repeat("x", at)
				if got, want := core.AppendBase64([]byte(before), src),
					before+base64.RawURLEncoding.EncodeToString(src); string(got) != want {
					t.Fatalf("AppendBase64(%q, %x) = %q, want %q", before, src, got, want)
				}
			}
		}
	}
}

// What lies beyond the input is no part of it.
func TestAppendBase64Bounds(t *testing.T) {
	room := bytes.Repeat([]byte{0xff}, 64)
	for size := range 33 {
		src := room[:size]
		if got, want := string(core.AppendBase64(nil, src)), base64.RawURLEncoding.EncodeToString(src); got != want {
			t.Errorf("AppendBase64 of %d bytes = %q, want %q", size, got, want)
		}
	}
}

func TestTokenID(t *testing.T) {
	const epoch = 1704067200000
	for _, c := range []struct {
		f        core.Family
		kind     uint8
		sequence uint32
		want     string
	}{
		{core.Family{Start: epoch}, 0, 0, "00000000000080008000000000000000"},
		{core.Family{Start: epoch + 1<<41 - 1, Bits: 1<<47 - 1}, 3, math.MaxUint32, "ffffffffffff8fffbfffffffffffffff"},
		{core.Family{Start: 1780311600_000, Bits: 0x123456789abc}, 2, 5, "08e0429bc012834599e26af200000005"},
		{core.Family{Start: epoch + 0x123456789, Bits: 0x2bcdef012345}, 1, 0x89abcdef, ""},
	} {
		id, read, ok := c.f.ID(c.kind, c.sequence)
		if c.want != "" && string(id) != c.want {
			t.Errorf("id of %+v is %s, want %s", c.f, id, c.want)
		}
		if _, err := hex.DecodeString(string(id)); err != nil || len(id) != 32 {
			t.Errorf("id %q is no 32 hex digits", id)
		}
		c.f.Listed, c.f.Ours, c.f.Kind, c.f.Generation = true, true, c.kind, c.sequence
		if !ok || read != c.f {
			t.Errorf("%s is read as %+v, %v; want %+v", id, read, ok, c.f)
		}
		if again := core.FamilyOf(string(id)); again != c.f {
			t.Errorf("FamilyOf(%s) = %+v, want %+v", id, again, c.f)
		}
		c.f.Kind = 0
		written := c.f.Key("", core.Integer(7)).RefreshTokenID(c.sequence)
		if again := core.FamilyOf(written); again != c.f {
			t.Errorf("%s, the id of the refresh token, is read as %+v, want %+v", written, again, c.f)
		}
	}
	if f := core.FamilyOf("194d0e935eb04fb7a44184305b462391"); f.Ours || !f.Listed || f.Bits == 0 || f.Start != 0 {
		t.Errorf("an id of Django's is read as %+v", f)
	}
}

// Times of every length are read as they stand, whether word by word or digit by digit.
func TestTime(t *testing.T) {
	for _, digits := range []string{"1234567890123456789", "9999999999999999999", "1000000000000000000",
		"9000000000000000009"} {
		for n := 1; n <= 12; n++ {
			for _, text := range []string{digits[:n], "-" + digits[:n]} {
				want, _ := strconv.ParseInt(text, 10, 64)
				if want > 253402300799 || want < -253402300799 {
					continue
				}
				o := core.Opened{Claims: []byte(text)}
				o.ExpiresAt = strictjson.Value{Form: strictjson.Number, End: uint32(len(text))}
				if got, ok := o.Time(o.ExpiresAt); !ok || got.Unix() != want {
					t.Errorf("%s is read as %d, %v", text, got.Unix(), ok)
				}
			}
		}
	}
	for n := 1; n <= 18; n++ { // as an id, to any length
		for _, digits := range []string{"123456789012345678", "987654321098765432", "100000000000000001"} {
			text := digits[:n]
			want, _ := strconv.ParseInt(text, 10, 64)
			o := core.Opened{Claims: []byte(text)}
			o.Customer = strictjson.Value{Form: strictjson.Number, End: uint32(n)}
			if got, ok := o.CustomerKey(core.IntegerID); !ok || got != core.Integer(want) {
				t.Errorf("%s is read as %v, %v", text, got, ok)
			}
		}
	}
}

// requests are log-ins and refreshes of several kinds, for writers of any settings.
func requests(t testing.TB, s core.Settings) (list []core.Request) {
	e := core.NewNative(s, coretest.OneKey())
	state := core.State{PasswordGood: true, Customer: core.Customer{ID: core.Text("9f1c"), UserID: core.Text("9f1c"),
		Active: true, RevokeClaim: "F0", Version: 2}}
	for _, claims := range []string{
		"",
		`{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"x","user_id":7,"plan":"free","aud":"old"}`,
		`{"token_type":"refresh", "exp":4102444800,"jti":"x","user_id":7,"\u0061ud":"old","nested":{"a":[1]}}`,
	} {
		req := core.Request{Op: core.Login, State: state, Now: coretest.Now, Entropy: coretest.Entropy()}
		if claims != "" {
			req.Op, req.Opened = core.Refresh, open(t, e, coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`,
				claims))
			if req.Opened.Cause != cause.OK {
				t.Fatal(req.Opened.Cause)
			}
		}
		// with 1.5 s to live: another exp, the same one with another iat
		for _, later := range []time.Duration{0, 500 * time.Millisecond, time.Second} {
			req.Now = coretest.Now.Add(later)
			list = append(list, req)
		}
		req.Extra = []byte(`{"plan":"pro","\u006eew":null,"x":[1]}`)
		list = append(list, req)
	}
	return list
}

func writerSettings() (list []core.Settings) {
	for _, version := range []core.Version{core.V55, core.V52} {
		s := core.DefaultSettings()
		s.Compat = version
		list = append(list, s)
		s.AudienceList, s.Audience, s.IDClaim, s.CheckRevokeToken = true, []string{"a", "b"}, "", true
		s.AccessTokenLifetime = 1500 * time.Millisecond
		list = append(list, s)
	}
	return list
}

// What a writer keeps from one token to the next changes none: in any order of requests it writes what a fresh one
// does.
func TestWriterForgets(t *testing.T) {
	for _, s := range writerSettings() {
		all := requests(t, s)
		used := core.NewWriter(&s, coretest.OneKey().Set())
		for i := range all {
			for j := range all {
				for _, req := range []core.Request{all[i], all[j]} {
					got, err := used.Prepare(&req)
					if err != nil {
						t.Fatal(err)
					}
					want, err := core.NewWriter(&s, coretest.OneKey().Set()).Prepare(&req)
					if err != nil {
						t.Fatal(err)
					}
					if len(got.Inputs)+len(got.Refusals) == 0 || len(got.Inputs) != len(want.Inputs) ||
						!reflect.DeepEqual(got.Effects.Reads, want.Effects.Reads) ||
						len(got.Effects.List) != len(want.Effects.List) {
						t.Fatalf("%+v, a fresh writer %+v", got, want)
					}
					for n := range got.Inputs {
						if !bytes.Equal(got.Inputs[n], want.Inputs[n]) || got.Tokens[n].Type != want.Tokens[n].Type {
							t.Errorf("%s, a fresh writer %s", got.Inputs[n], want.Inputs[n])
						}
					}
				}
			}
		}
	}
}

// A guest's memory is collected by the guest, which is slow: after its first tokens a writer allocates nothing.
func TestWriterAllocatesNothing(t *testing.T) {
	s := core.DefaultSettings()
	for i, req := range requests(t, s) {
		w := core.NewWriter(&s, coretest.OneKey().Set())
		prepare := func() {
			if _, err := w.Prepare(&req); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 { // one by one: what grows now and then is no less in the end
			if n := testing.AllocsPerRun(1, prepare); n != 0 {
				t.Errorf("request %d: %v allocations", i, n)
				break
			}
		}
	}
}

// A writer finds the reserved names by their hash. It refuses those that CheckWriting refuses, in any case and script.
func TestWriterReserves(t *testing.T) {
	for _, id := range []string{"jti", "\u212aey", "identification"} { // a Kelvin sign is a K
		s := core.DefaultSettings()
		s.IDClaim = id
		set := coretest.OneKey().Set()
		w := core.NewWriter(&s, set)
		for _, c := range []struct {
			name string
			want error // with each id
		}{
			{"EXP", core.ErrExtra}, {"uſer_id", core.ErrExtra}, {"User_ID", core.ErrExtra},
			{"Hash_Password", core.ErrExtra}, {"plan", nil}, {"", nil}, {"exq", nil}, {"expi", nil},
			{"Key", map[string]error{"\u212aey": core.ErrExtra}[id]},
			{"IDENTIFICATION", map[string]error{"identification": core.ErrExtra}[id]},
			{"identificatiom", nil}, {"grüße", nil},
		} {
			req := requests(t, core.DefaultSettings())[0]
			req.Extra = []byte(`{"` + c.name + `":1}`)
			if _, err := w.Prepare(&req); err != c.want {
				t.Errorf("id %q, configured claim %q: Prepare gives %v, want %v", id, c.name, err, c.want)
			}
			if err := core.CheckWriting(&s, set, &req); err != c.want {
				t.Errorf("id %q, configured claim %q: CheckWriting gives %v, want %v", id, c.name, err, c.want)
			}
		}
	}
}

// FuzzCopied has an access token take over any claims that core accepts: the quick way writes what the other one
// writes, and it is what encoding/json reads.
func FuzzCopied(f *testing.F) {
	for _, token := range coretest.Seeds(f) {
		if parts := strings.Split(token, "."); len(parts) == 3 {
			if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
				f.Add(string(claims), "")
			}
		}
	}
	f.Add(`{"a":1,"aud":"x","long_name_of_a_claim":[1],"d\u007fl":"\n","":-1}`, `{"a":null,"long_name_of_a_claim":2}`)
	f.Add("{\"d\x7fl\":1}", "")
	f.Add(`{"long_name_of_a_claim":1}`, `{"long_name_of_a_clain":2}`)
	s := core.DefaultSettings()
	s.Audience = []string{"shop"}
	e := core.NewNative(s, coretest.OneKey())
	w := core.NewWriter(&s, coretest.OneKey().Set())
	f.Fuzz(func(t *testing.T, claims, extra string) {
		o := open(t, e, coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, claims))
		if o.Cause != cause.OK {
			return
		}
		for op, dropped := range map[core.Op][]string{
			core.Refresh: {"exp", "iat", "jti", "token_type"}, core.SlidingRefresh: {"exp", "iat"},
		} {
			quick, slow, ok := w.Copied(&core.Request{Op: op, Opened: o, Now: coretest.Now, Entropy: coretest.Entropy(),
				Extra: []byte(extra)})
			if ok && !bytes.Equal(quick, slow) {
				t.Errorf("op %d, claims %q and %q: quickly %q, slowly %q", op, claims, extra, quick, slow)
			}
			if slow == nil {
				return
			}
			var got, want, configured map[string]any
			if json.Unmarshal([]byte(claims), &want) != nil || extra != "" &&
				json.Unmarshal([]byte(extra), &configured) != nil {
				return // a number beyond a float64
			}
			if err := json.Unmarshal([]byte("{"+string(slow[1:])+"}"), &got); err != nil {
				t.Fatalf("op %d, claims %q and %q give %q: %v", op, claims, extra, slow, err)
			}
			for _, own := range dropped {
				delete(want, own)
				if op == core.SlidingRefresh {
					delete(got, own) // new, where the refresh was granted
				}
			}
			for name, v := range configured {
				if want[name] = v; v == nil {
					delete(want, name)
				}
			}
			if want["aud"] = "shop"; !reflect.DeepEqual(got, want) {
				t.Errorf("op %d, claims %q and %q give %v, want %v", op, claims, extra, got, want)
			}
		}
	})
}
