package store

import (
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// maxLastLogins bounds of how many customers an edge keeps the last log-in for the hub.
const maxLastLogins = 100_000

// lastLogins has the last log-ins at an edge that the hub does not know yet, the latest of each customer. They are in
// memory alone, so a node that stops loses them.
type lastLogins struct {
	mu   sync.Mutex
	list map[core.CustomerID]fact.LastLogin
}

// add takes in log-ins. One of a customer for whom there is no more room is left out.
func (l *lastLogins) add(list []fact.LastLogin) {
	if len(list) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil {
		l.list = map[core.CustomerID]fact.LastLogin{}
	}
	for _, x := range list {
		if old, ok := l.list[x.ID]; ok && old.Made == x.Made && old.At > x.At || !ok && len(l.list) >= maxLastLogins {
			continue
		}
		l.list[x.ID] = x
	}
}

// LastLogins takes at most most of the last log-ins at an edge that the hub of the fleet does not know yet. They are
// kept in memory, of at most 100,000 customers: a caller who cannot send them loses them.
func (db *DB) LastLogins(most int) (list []fact.LastLogin) {
	l := &db.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, x := range l.list {
		if len(list) >= most {
			break
		}
		list = append(list, x)
		delete(l.list, id)
	}
	return list
}
