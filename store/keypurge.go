package store

import (
	"cmp"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// purgeKeys resolves what Purge removes of keys that are gone by now (Unix microseconds): the private part at once,
// and the record 366 days after the end. No fact comes that late, to bring the key back; but a signer that lists it
// still would, so the record of such a key stays. There are at most limit facts; more says that the limit was
// reached.
func (t tables) purgeKeys(now int64, limit int) (facts resolved, more bool, err error) {
	list, err := t.keyRecords()
	if err != nil {
		return nil, false, err
	}
	// In the order in which keys take over from each other.
	slices.SortStableFunc(list, func(a, b keyRecord) int { return cmp.Compare(a.SignsFrom, b.SignsFrom) })
	infos := make([]core.KeyInfo, len(list))
	signing := map[uint16][]core.SigningKey{} // by node
	for i, k := range list {
		infos[i] = core.KeyInfo{NotAfter: k.ends(), Longest: k.Longest}
		if k.signs() {
			node := ScheduleOf(k.Node)
			signing[node] = append(signing[node], core.SigningKey{Key: i, From: k.SignsFrom})
		}
	}
	stays := map[uint16]bool{} // an earlier key of the node's schedule: what follows it says when it ended
	for i, k := range list {
		node := ScheduleOf(k.Node)
		end := core.KeySet{Keys: infos, Signing: signing[node]}.Ends(i)
		gone := end != 0 && end <= seconds(now)
		forgotten := gone && end+remembered/1_000_000 < seconds(now) && !(k.signs() && stays[node]) &&
			KeyOrigin(k.Origin) != KeyFromSigner
		if k.signs() && !forgotten {
			stays[node] = true
		}
		var f fact.Fact
		switch {
		case forgotten:
			f = fact.ForgetKey{ID: k.ID, Made: k.Made}
		case gone && t.get(sealedBucket, []byte(k.ID)) != nil:
			f = fact.UnsealKey{ID: k.ID}
		default:
			continue
		}
		if len(facts) == limit {
			return facts, true, nil
		}
		facts = append(facts, f)
	}
	return facts, false, nil
}

// signs reports whether the key has a place in the schedule of its node: it ends after it begins to sign.
func (k keyRecord) signs() bool { return k.SignsFrom != 0 && (k.ends() == 0 || k.ends() > k.SignsFrom) }
