package store

import "github.com/edgetoken/edgetoken/store/password"

// hash notes what the hash of a customer costs, and hashCount checks one of the counts against that. A count may be
// lower: see maxCosts.
func (a *recordCheck) hash(hash string) {
	if decoy, ok := password.Decoy(hash); ok {
		a.costs[decoy]++
	}
}

func (a *recordCheck) hashCount(e *entry) {
	e.name = password.Format(string(e.key))
	switch n := costCount(e.value); {
	case n == 0:
		e.wrong(unreadable)
	case a.form == present && a.sound[string(customersBucket)] && n > a.costs[string(e.key)]:
		e.wrong("it counts %d customers, but %d have such a hash", n, a.costs[string(e.key)])
	}
}
