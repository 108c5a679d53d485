package store

import (
	"github.com/edgetoken/edgetoken/core"
)

// home is the number of the node that alone advances a family; 0: the hub does.
//
// The bits of a family name its home if it is ours and began after since, the mark of starts at the upgrade to schema 5
// (fact.Node), on a node that had a number. Any other has none in its bits: a foreign one, an older one whose bits are
// all random, and one that began on a single node. Its home is the one in its record, of the node that advanced it.
func home(k core.FamilyKey, recorded uint16, since int64) uint16 {
	if n := k.Number(); k.Issuer == "" && k.Start > since && n != 0 {
		return n
	}
	return recorded
}
