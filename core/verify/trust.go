package verify

import (
	"errors"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/core/python"
)

// Trust is what a verifier goes by: the policy, and the keys and revocations of a bundle, or the keys of the policy. It
// never changes.
type Trust struct {
	policy   *policy
	settings core.Settings
	set      core.KeySet
	keys     []Key // in the order of set

	bundle *bundle.Bundle // nil: none yet, or the keys are the policy's
	roots  []jwk.Key      // that sign the next bundle
}

// Key is a key by which tokens are checked.
type Key struct {
	jwk.Key
	public string
}

func newKey(k jwk.Key) Key { return Key{k, jwk.Public(k.ID, k.Algorithm, k.Material)} }

// Public is the public key as a JWK (RFC 7517), and "" for a secret.
func (k *Key) Public() string { return k.public }

// Numbers are what the public key consists of, as jws.Key.Material writes them; nil for a secret.
func (k *Key) Numbers() [][]byte {
	if k.Symmetric() {
		return nil
	}
	numbers, _, _ := jws.Numbers(k.Material)
	return numbers
}

// Read reads a policy, which is described at the type policy and in docs/embedding.md. The error names what is wrong
// and where, and never quotes a key.
func Read(text []byte) (*Trust, error) {
	p, err := readPolicy(text)
	if err != nil {
		return nil, err
	}
	t := &Trust{policy: p, settings: p.names, roots: p.roots}
	if p.keys != nil {
		t.useKeys(p.keys)
		t.override()
		return t, nil
	}
	if p.bundle != "" {
		next, refused := t.Update(p.bundle)
		if refused != cause.OK {
			return nil, errors.New("policy: bundle: " + refused.String())
		}
		return next, nil
	}
	return t, nil
}

// useKeys takes the keys of the policy. A key that stands alone also checks tokens without a kid, and if it has none
// itself, tokens of any kid.
func (t *Trust) useKeys(keys []jwk.Key) {
	alone := len(keys) == 1
	for _, k := range keys {
		t.set.Keys = append(t.set.Keys, core.KeyInfo{
			ID: k.ID, Algorithm: k.Algorithm, Default: alone || k.ID == "", AnyID: alone && k.ID == "",
			NotAfter: k.NotAfter,
		})
		t.keys = append(t.keys, newKey(k))
	}
}

// override has the policy's own settings hold.
func (t *Trust) override() {
	p := t.policy
	if p.issuer != nil {
		t.settings.Issuer = p.issuer
	}
	if p.audience != nil {
		t.settings.Audience, t.settings.AudienceList = *p.audience, p.list
	}
	if p.leeway != nil {
		leeway := *p.leeway
		if t.bundle != nil {
			leeway = min(leeway, t.settings.Leeway+bundle.MoreLeeway)
		}
		t.settings.Leeway = leeway
	}
	if p.types != nil {
		t.settings.AuthTokenClasses = p.types
	}
}

// Update gives the trust with a newer bundle, or with the bundle to which a delta leads from the present one. Else the
// cause says why it stays as it is: cause.BundleUnwanted, BundleMalformed, BundleForged, BundleOlder or BundleBase.
func (t *Trust) Update(text string) (*Trust, cause.Cause) {
	if t == nil {
		return nil, cause.NotConfigured
	}
	if t.policy.roots == nil {
		return t, cause.BundleUnwanted
	}
	opened, fault := bundle.Open(text, t.roots)
	switch fault {
	case bundle.Malformed:
		return t, cause.BundleMalformed
	case bundle.Forged:
		return t, cause.BundleForged
	}
	var b *bundle.Bundle
	ok := false
	switch {
	case !bundle.IsDelta(opened.Payload):
		if b, ok = bundle.Read(opened.Payload); !ok {
			return t, cause.BundleMalformed
		}
	case t.bundle == nil:
		return t, cause.BundleBase
	default:
		if b, ok = bundle.Apply(t.bundle, opened.Payload); !ok {
			return t, cause.BundleBase
		}
	}
	if t.bundle != nil && b.Epoch <= t.bundle.Epoch || b.Epoch < t.policy.minEpoch {
		return t, cause.BundleOlder
	}
	next := &Trust{policy: t.policy, settings: b.Settings, set: b.Set(b.Epoch), bundle: b}
	for _, k := range b.Keys {
		key, err := jws.ReadKey(k.Algorithm, k.Material)
		if err != nil {
			return t, cause.BundleMalformed
		}
		next.keys = append(next.keys, newKey(jwk.Key{ID: k.ID, Algorithm: k.Algorithm, NotAfter: k.NotAfter,
			Material: k.Material, Key: key}))
	}
	next.roots = t.signers(opened.Root)
	next.override()
	return next, cause.OK
}

// signers are the roots that may sign the next bundle: those of the policy, or a successor alone.
func (t *Trust) signers(signed jwk.Key) []jwk.Key {
	for _, root := range t.roots {
		if root.ID == signed.ID && string(root.Material) == string(signed.Material) {
			return t.roots
		}
	}
	return []jwk.Key{signed}
}

// Epoch is that of the bundle; 0 where there is none.
func (t *Trust) Epoch() uint64 {
	if t == nil || t.bundle == nil {
		return 0
	}
	return t.bundle.Epoch
}

// NotAfter is from when on the bundle is too old, in Unix seconds; 0 where there is none.
func (t *Trust) NotAfter() int64 {
	if t == nil || t.bundle == nil {
		return 0
	}
	return t.bundle.NotAfter
}

// unready says why no token can be read; cause.OK where it can.
func (t *Trust) unready() cause.Cause {
	switch {
	case t == nil:
		return cause.NotConfigured
	case len(t.keys) == 0:
		return cause.NoBundle
	}
	return cause.OK
}

// usable says why nothing can be judged at a time, in Unix seconds; cause.OK where it can.
func (t *Trust) usable(now int64) cause.Cause {
	if c := t.unready(); c != cause.OK {
		return c
	}
	switch b := t.bundle; {
	case !core.Plausible(time.Unix(now, 0)):
		return cause.BadClock
	case b != nil && now < b.NotBefore:
		return cause.BundleNotYetValid
	case b != nil && now >= b.NotAfter && t.policy.failClosed:
		return cause.BundleExpired
	}
	return cause.OK
}

// Status says what a verifier goes by, in JSON:
//
//	{"epoch":1790000000000,"not_before":1789999940,"not_after":1790003600,"families":10000,"cut_offs":3,
//	"keys":[{"kid":"k1","alg":"ES256","ends":0}],"compat":"5.5","types":["access"],"issuer":null}
//
// Without a bundle the first five are 0. ends is 0 for a key without an end. What a client is told of a refusal depends
// on compat and types.
func (t *Trust) Status() []byte {
	b, settings, keys := &bundle.Bundle{}, &core.Settings{}, []Key(nil)
	if t != nil {
		settings, keys = &t.settings, t.keys
		if t.bundle != nil {
			b = t.bundle
		}
	}
	s := []byte(`{"epoch":`)
	s = strconv.AppendUint(s, b.Epoch, 10)
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"not_before", b.NotBefore}, {"not_after", b.NotAfter}, {"families", int64(len(b.Families))},
		{"cut_offs", int64(len(b.CutOffs))},
	} {
		s = strconv.AppendInt(append(append(append(s, `,"`...), n.name...), `":`...), n.value, 10)
	}
	s = append(s, `,"keys":[`...)
	for i, k := range keys {
		if i > 0 {
			s = append(s, ',')
		}
		s = append(python.AppendJSON(append(s, `{"kid":`...), k.ID), `,"alg":"`...)
		s = append(append(s, k.Algorithm...), `","ends":`...)
		s = append(strconv.AppendInt(s, k.NotAfter, 10), '}')
	}
	s = append(append(append(s, `],"compat":"`...), settings.Compat...), `","types":[`...)
	for i, class := range settings.AuthTokenClasses {
		if i > 0 {
			s = append(s, ',')
		}
		s = append(append(append(s, '"'), class...), '"')
	}
	s = append(s, `],"issuer":`...)
	if settings.Issuer == nil {
		return append(s, "null}"...)
	}
	return append(python.AppendJSON(s, *settings.Issuer), '}')
}
