// Package throttle counts requests against rates as Django REST framework's SimpleRateThrottle does: a sliding window that
// remembers when each admitted request was.
//
// Rate is how many requests a period admits, History what happened lately, in bounded memory: it forgets first what was longest unused.
//
//	history := throttle.NewHistory(0)
//	if wait, ok := history.Admit("login 192.0.2.1", rate, time.Now()); !ok { … } // ask again after wait
//
// A refused request is not counted, as in the reference. Whoever can call under ever new keys can have old ones forgotten, so a key
// should be dear: a customer, an IPv4 address, an IPv6 network of 64 bits.
package throttle
