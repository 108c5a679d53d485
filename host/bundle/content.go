package bundle

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// listedLonger is how much longer than an access token lives what was revoked is listed: verifiers may give more
// leeway, and a clock that is further behind than early knows no bundle yet.
const listedLonger = bundle.MoreLeeway + early

// maxRevocations bounds what a bundle has of each kind, as core/bundle does, and with it the memory that making one
// takes.
const maxRevocations = 1 << 20

// content is what a bundle has to say now, without its epoch and times.
func content(ctx context.Context, db *store.DB, from Source, now time.Time) (*bundle.Bundle, error) {
	b := &bundle.Bundle{Head: bundle.Head{Settings: *from.Settings, Users: db.IDs()}}
	if from.Field == store.FieldEmail {
		b.Users = core.TextID
	}
	var err error
	if b.Keys, err = publicKeys(from); err != nil {
		return nil, err
	}
	lifetimes, err := db.Lifetimes(ctx)
	if err != nil {
		return nil, err
	}
	longest := lifetimes.Raised(from.Settings)
	lives := longest.Access
	if others, err := othersSign(ctx, db, from); err != nil {
		return nil, err
	} else if others {
		lives = max(lives, longest.Refresh)
	}
	since := now.Add(-time.Duration(lives)*time.Second - listedLonger - from.Behind)
	r, err := db.Revocations(ctx, from.Field, since, maxRevocations)
	if err != nil {
		return nil, err
	}
	b.All, b.GapAfter, b.GapUntil = r.Node, r.GapAfter, r.GapUntil
	for _, f := range r.Families {
		if f.Issuer == "" { // the keys of other issuers are in no bundle, so no token of theirs is read by it
			b.Families = append(b.Families, bundle.Family(f.Bits, f.Start, f.Start != 0))
		}
	}
	for _, c := range r.CutOffs {
		subject := bundle.SubjectOf(c.Subject.Address)
		if !c.Subject.ID.IsZero() {
			subject = bundle.Subject(c.Subject.ID)
		}
		b.CutOffs = append(b.CutOffs, bundle.CutOff{Subject: subject, At: c.At})
	}
	for _, c := range r.Numbers {
		b.Numbers = append(b.Numbers, bundle.NumberCutOff{Number: c.Number, At: c.At})
	}
	if len(b.Numbers) > 0 {
		node, err := db.Node(ctx)
		if err != nil {
			return nil, err
		}
		b.NumbersSince = node.Homes
	}
	b.Sort()
	return b, nil
}

// othersSign reports whether a key of the bundle may have signed access tokens elsewhere, such as in a Django before
// the move. Nobody knows how long those live: as long as a refresh token here, at most.
func othersSign(ctx context.Context, db *store.DB, from Source) (bool, error) {
	list, err := db.Keys(ctx)
	if err != nil {
		return false, err
	}
	own := map[string]bool{}
	for _, k := range list {
		own[k.ID] = k.Origin == store.KeyGenerated
	}
	return slices.ContainsFunc(from.Ring.Members(), func(m keyring.Member) bool {
		return inBundle(m) && !m.Info.RefreshOnly && !own[m.Info.ID]
	}), nil
}

// inBundle reports whether a bundle has a key: it is public, and this node's own.
func inBundle(m keyring.Member) bool { return !m.Key.Symmetric() && m.Info.Issuer == "" }

// publicKeys are the public keys of this node. Secrets are left out.
func publicKeys(from Source) (list []bundle.Key, err error) {
	set := from.Ring.Set()
	for i, member := range from.Ring.Members() {
		if !inBundle(member) {
			continue
		}
		k := bundle.Key{KeyInfo: member.Info}
		k.NotAfter = set.Ends(i)
		if k.Material, err = member.Key.PublicMaterial(); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	if len(list) == 0 {
		return nil, ErrNoKeys
	}
	return list, nil
}

// same reports whether two contents say the same, whatever their epochs and times.
func same(a, b *bundle.Bundle) bool {
	return a.All == b.All && a.GapAfter == b.GapAfter && a.GapUntil == b.GapUntil &&
		slices.Equal(a.Families, b.Families) && slices.Equal(a.CutOffs, b.CutOffs) &&
		slices.Equal(a.Numbers, b.Numbers) && a.NumbersSince == b.NumbersSince &&
		bytes.Equal((&bundle.Bundle{Head: a.Head}).Append(nil), (&bundle.Bundle{Head: b.Head}).Append(nil))
}

// size is about how many bytes a content takes.
func size(b *bundle.Bundle) int {
	return 1024 + 8*cap(b.Families) + 16*cap(b.CutOffs) + 512*len(b.Keys)
}
