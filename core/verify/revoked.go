package verify

import (
	"cmp"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
)

// revokedState is what a bundle says was revoked that bears on an opened token; nothing for no bundle.
func revokedState(b *bundle.Bundle, o *core.Opened, at time.Time) (s core.State) {
	if b == nil {
		return s
	}
	o.ReadFamily() // so that a token which is remembered has it
	f := o.FamilyAt(at)
	// A name is a hash, so none is made where nothing is listed.
	s.Family.Dead = f.Listed && len(b.Families) > 0 &&
		(f.Ours && b.HasFamily(bundle.Family(f.Bits, f.Start, true)) || b.HasFamily(bundle.Family(f.Bits, 0, false)))
	s.CutOff = b.All
	if b.GapAfter < f.Start && f.Start <= b.GapUntil {
		s.CutOff = max(s.CutOff, b.GapUntil)
	}
	if id, ok := o.CustomerKey(b.Users); ok && len(b.CutOffs) > 0 {
		i, found := slices.BinarySearchFunc(b.CutOffs, bundle.Subject(id), func(c bundle.CutOff, subject uint64) int {
			return cmp.Compare(c.Subject, subject)
		})
		if found {
			s.CutOff = max(s.CutOff, b.CutOffs[i].At)
		}
	}
	s.CutOff = max(s.CutOff, numberCutOff(b, f))
	return s
}

// numberCutOff is the cut-off of the node that began a family; 0: none, or its bits have no number.
func numberCutOff(b *bundle.Bundle, f core.Family) int64 {
	if !f.Ours || f.Start <= b.NumbersSince || len(b.Numbers) == 0 {
		return 0
	}
	number := core.FamilyKey{Bits: f.Bits}.Number()
	i, found := slices.BinarySearchFunc(b.Numbers, number, func(c bundle.NumberCutOff, number uint16) int {
		return cmp.Compare(c.Number, number)
	})
	if !found {
		return 0
	}
	return b.Numbers[i].At
}
