// Package throttle counts requests against rates as Django REST framework's SimpleRateThrottle does: with a sliding
// window that remembers when each admitted request came.
//
// A Rate is how many requests a period admits. A History remembers recent requests in bounded memory; it forgets the
// key that has been unused for longest.
//
//	history := throttle.NewHistory(0)
//	if wait, ok := history.Admit("login 192.0.2.1", rate, time.Now()); !ok { … } // ask again after wait
//
// As in the reference, a refused request does not count. A client that can use ever new keys can push old ones out, so
// a key must be costly to get: a customer, an IPv4 address, an IPv6 network of 64 bits.
package throttle
