package keys_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
)

// An edge may have the hub write records of keys that it made, and nothing else.
func TestAttackPublish(t *testing.T) {
	f := newFleet(t, 2, 3)
	f.live(10 * time.Second)
	signers := f.signers()
	newKey := func(algorithm string) store.Key {
		key, err := keyring.GenerateKey(algorithm, nil)
		if err != nil {
			t.Fatal(err)
		}
		return store.Key{ID: key.ID(), Algorithm: algorithm, Public: key.Public(), Origin: store.KeyGenerated,
			SignsFrom: f.now.Unix()}
	}
	known := func(kid string, change func(*store.Key)) store.Key {
		list, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k := list[slices.IndexFunc(list, func(k store.Key) bool { return k.ID == kid })]
		if change != nil {
			change(&k)
		}
		return k
	}
	ask := func(from uint16, list ...store.Key) error {
		answer, err := f.nodes[1].m.AnswerPublish(t.Context(), from, keys.EncodeRequest(list))
		if err != nil {
			t.Fatal(err)
		}
		_, reason, err := keys.DecodeAnswer(answer)
		if err == nil && reason != "" {
			err = errors.New(reason)
		}
		return err
	}
	made := func(change func(*store.Key)) []store.Key {
		k := newKey("ES256")
		change(&k)
		return []store.Key{k}
	}
	change := func(kid string, change func(*store.Key)) []store.Key {
		return []store.Key{known(kid, change)}
	}
	for name, c := range map[string]struct {
		from uint16
		list []store.Key
		says string
	}{
		"secret": {2, []store.Key{{ID: "a", Algorithm: "HS256", Origin: store.KeyGenerated}}, "is a secret"},
		"secret with a public part": {2, made(func(k *store.Key) { k.Algorithm = "HS256" }),
			"is a secret"},
		"none":               {2, made(func(k *store.Key) { k.Algorithm = "none" }), "cannot be read"},
		"another algorithm":  {2, made(func(k *store.Key) { k.Algorithm = "RS256" }), "cannot be read"},
		"bytes":              {2, made(func(k *store.Key) { k.Public = []byte{1} }), "cannot be read"},
		"no kid":             {2, made(func(k *store.Key) { k.ID = "" }), "0 bytes"},
		"kid of the hub":     {2, made(func(k *store.Key) { k.ID = signers[1] }), "not of node 2"},
		"kid of another":     {2, made(func(k *store.Key) { k.ID = signers[3] }), "not of node 2"},
		"kid of its own":     {2, made(func(k *store.Key) { k.ID = signers[2] }), "another key"},
		"origin":             {2, made(func(k *store.Key) { k.Origin = store.KeyBundleRoot }), "comes from"},
		"far ahead":          {2, made(func(k *store.Key) { k.SignsFrom += 1 << 40 }), "ten years"},
		"negative":           {2, made(func(k *store.Key) { k.Ends = -1 }), "has ended"},
		"lives for ever":     {2, made(func(k *store.Key) { k.Longest = 1 << 40 }), "ten years"},
		"ends another's":     {2, change(signers[3], func(k *store.Key) { k.Retired = true }), "not of node 2"},
		"ends the hub's":     {2, change(signers[1], func(k *store.Key) { k.Ends = f.now.Unix() }), "not of node 2"},
		"moves another's":    {3, change(signers[2], func(k *store.Key) { k.SignsFrom++ }), "not of node 3"},
		"one twice":          {2, []store.Key{known(signers[2], nil), known(signers[2], nil)}, "twice"},
		"from the hub":       {1, []store.Key{newKey("ES256")}, "not the hub"},
		"from no node":       {0, []store.Key{newKey("ES256")}, "not the hub"},
		"from a stranger":    {9, []store.Key{newKey("ES256")}, "no member"},
		"one of two is good": {2, []store.Key{newKey("ES256"), known(signers[3], nil)}, "not of node 2"},
	} {
		before, err := f.nodes[1].db.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := ask(c.from, c.list...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if after, err := f.nodes[1].db.Keys(t.Context()); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: the hub has written %v, %v", name, after, err)
		}
	}

	// A key that was to end goes on for no longer, and one that was retired stays so.
	if _, err := f.nodes[1].m.Withdraw(t.Context(), 2, false); err != nil {
		t.Fatal(err)
	}
	ends := known(signers[2], nil).Ends
	for _, later := range []int64{0, ends + 1000} {
		_ = ask(2, known(signers[2], func(k *store.Key) { k.Ends = later }))
	}
	if k := known(signers[2], nil); k.Ends != ends || ends == 0 {
		t.Errorf("a withdrawn key ends at %d, and was to end at %d", k.Ends, ends)
	}
	if _, err := f.nodes[1].m.Withdraw(t.Context(), 2, true); err != nil {
		t.Fatal(err)
	}
	_ = ask(2, known(signers[2], func(k *store.Key) { k.Retired, k.Ends = false, 0 }))
	if k := known(signers[2], nil); !k.Retired {
		t.Errorf("a retired key came back: %+v", k)
	}

	// One edge cannot fill the key set.
	n := 0
	for ; ask(3, made(func(k *store.Key) { k.SignsFrom = 0 })...) == nil && n < 100; n++ {
	}
	if n != 15 {
		t.Errorf("edge 3 has %d keys more", n)
	}
	// Nor can it fill the stores with keys that it retires at once.
	for n = 0; n < 500; n++ {
		list := made(func(k *store.Key) { k.SignsFrom = 0 })
		if list[0].Ends = f.now.Unix() + 1; ask(2, list...) != nil {
			break
		}
		f.now = f.now.Add(2 * time.Second)
	}
	if n < 300 || n > 400 {
		t.Errorf("edge 2 has left %d keys", n)
	}
	// The same key again is no other one: the first answer may have been lost.
	if err := ask(3, known(signers[3], nil)); err != nil {
		t.Error(err)
	}
}
