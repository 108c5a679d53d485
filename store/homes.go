package store

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// homes says which node alone advances a family, and which node's families have ended. Each Load needs it, so it is in
// memory; the commit that changes any of it replaces it.
type homes struct {
	alone bool   // this node is in no fleet, and the home of all families
	own   uint16 // fact.Node.Number
	since int64  // fact.Node.Homes
	// members are those that are withdrawn or cut off, since most are not; nil where there are none.
	members map[uint16]standing
}

// standing is what became of a node.
type standing struct {
	cutOff int64 // Unix milliseconds; 0: there is none
	atHub  bool  // the hub is the home of its families
}

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

// home is the number of the node that alone advances a family: see core.State.Home. recorded is advance.home.
func (h *homes) home(k core.FamilyKey, recorded uint16) uint16 {
	if h.alone {
		return h.own
	}
	return h.homeBy(fact.HubNumber, k, recorded)
}

// homeBy is home in the fleet of a hub.
func (h *homes) homeBy(hub uint16, k core.FamilyKey, recorded uint16) uint16 {
	n := home(k, recorded, h.since)
	if n == 0 || h.members[n].atHub {
		return hub
	}
	return n
}

// cutOff is that of the node which began a family, as its bits say, in Unix milliseconds; 0: there is none.
func (h *homes) cutOff(k core.FamilyKey) int64 {
	if len(h.members) == 0 {
		return 0
	}
	return h.members[home(k, 0, h.since)].cutOff
}

// newHomes are the homes in the fleet of a node.
func newHomes(n fact.Node, role Role, members roster) *homes {
	h := &homes{alone: role == Alone, own: n.Number, since: n.Homes}
	for number, m := range members {
		if s := (standing{m.CutOff, m.Withdrawn != 0 && m.AtHub}); s != (standing{}) {
			if h.members == nil {
				h.members = map[uint16]standing{}
			}
			h.members[number] = s
		}
	}
	return h
}

// homesNow are those of this transaction.
func (w *writer) homesNow() *homes {
	if w.homes == nil {
		w.homes = newHomes(w.node, w.membership.Role, w.roster)
	}
	return w.homes
}
