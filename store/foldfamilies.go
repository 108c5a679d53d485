package store

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// revoked is a revoked family whose start is known.
type revoked struct {
	key          []byte // of its record
	start, until int64
}

// revokedOf returns a customer's revoked families whose names have a start. It skips records that cannot be read.
func (t tables) revokedOf(customer core.CustomerID) (list []revoked) {
	first, _ := familyKey(core.FamilyKey{Customer: customer})
	prefix := first[:len(first)-bitsLength]
	cursor := t.tx.Bucket(familiesBucket).Cursor()
	for k, v := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = cursor.Next() {
		name, ok := readFamilyKey(k)
		if f, err := decodeFamily(v); ok && err == nil && f.dead && name.Start != 0 {
			list = append(list, revoked{k, f.start, f.until})
		}
	}
	return list
}

// foldsOf returns the facts that fold the revoked families of the customers whom a node's facts are about, at the hub:
// see foldFamilies.
func (w *writer) foldsOf(facts resolved) (more resolved) {
	if w.membership.Role != Hub {
		return nil
	}
	seen := map[core.CustomerID]bool{}
	for _, f := range facts {
		r, ok := f.(fact.RevokeFamily)
		if id := r.Family.Customer; ok && r.Family.Issuer == "" && !id.IsZero() && !seen[id] {
			seen[id] = true
			more = append(more, w.foldFamilies(id, core.MaxRevoked, facts)...)
		}
	}
	return more
}

// foldFamilies returns the facts that replace a customer's oldest revoked families by a cut-off, so that at most most
// of those are left whose names have a start. facts, which are not applied yet, count too. The cut-off is the latest
// start of the families that go. It ends every other family and session that began no later, too. If the customer
// does not exist, nothing is folded, and the records stay until they end.
//
// A record whose name has no start is about families that begin after any cut-off, too, so it stays: those of foreign
// ids, each of which takes a token that Django signed, and those from before schema 5. So do records that cannot be
// read.
//
// In a fleet the cut-off lies no further ahead than one that ends all log-ins now. A start beyond it is made up, and
// would drive the cut-off, and with it all log-ins of the customer, ahead of the clock. Such families stay for now.
//
// Where facts add none that can fold, nothing is read: revoking foreign tokens takes no longer the more there are.
func (w *writer) foldFamilies(customer core.CustomerID, most int, facts resolved) (more resolved) {
	var list []revoked
	for _, f := range facts {
		r, ok := f.(fact.RevokeFamily)
		if !ok || r.Family.Start == 0 || r.Family.Customer != customer || r.Family.Issuer != "" {
			continue
		}
		old, err := w.family(r.Family)
		after := old.join(family{dead: true, start: r.Start, until: r.Until})
		if err == nil && !old.dead {
			key, _ := familyKey(r.Family)
			list = append(list, revoked{key, after.start, after.until})
		}
	}
	if len(list) == 0 && len(facts) > 0 {
		return nil
	}
	if list = append(list, w.revokedOf(customer)...); len(list) <= most {
		return nil
	}
	if _, _, err := w.existing(customer); err != nil {
		return nil
	}
	slices.SortFunc(list, func(a, b revoked) int { return cmp.Compare(a.start, b.start) })
	list = list[:len(list)-most]
	if w.ahead > 0 {
		latest := w.newCutOff(0)
		n, _ := slices.BinarySearchFunc(list, latest+1, func(f revoked, at int64) int {
			return cmp.Compare(f.start, at)
		})
		if list = list[:n]; n == 0 {
			return nil
		}
	}
	folded := min(list[len(list)-1].start, core.LastStart)
	for _, f := range list {
		if f.start <= folded {
			more = append(more, fact.Forget{Record: fact.FamilyRecord, Key: bytes.Clone(f.key), Until: f.until})
		}
	}
	return append(more, fact.CutOff{Subject: fact.ByID(customer), At: folded})
}
