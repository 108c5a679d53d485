package httpapi

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// Throttles limit the rates of requests, as Django REST framework does. A zero rate is off. Health checks are
// not throttled.
type Throttles struct {
	// Anon is for anonymous requests, by client address (AnonRateThrottle, rate "anon").
	Anon throttle.Rate
	// User is for each customer, and for anonymous requests by client address (UserRateThrottle, rate
	// "user").
	User throttle.Rate
	// Login is for log-ins from one client address, whether they succeed or not.
	Login throttle.Rate
	// Account is for log-ins with one e-mail address (node.Node.Account), whether they succeed or not, and
	// whether there is such a customer or not. Anybody who knows the address can use up its rate; its owner
	// then has to wait.
	Account throttle.Rate
}

// validate names every invalid rate.
func (t Throttles) validate() error {
	var errs []error
	for _, r := range []struct {
		name string
		rate throttle.Rate
	}{{"Anon", t.Anon}, {"User", t.User}, {"Login", t.Login}, {"Account", t.Account}} {
		if err := r.rate.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: Throttles.%s: %w", r.name, err))
		}
	}
	return errors.Join(errs...)
}

// scoped is a rate and the key under which a request counts against it.
type scoped struct {
	name string // as the configuration has it
	rate throttle.Rate
	key  string
}

// rates are those that a request counts against. It is known by then who asks. logsIn: it counts as a log-in
// too.
func (rq *request) rates(logsIn bool) []scoped {
	t := &rq.h.cfg.Throttles
	if *t == (Throttles{}) {
		return nil
	}
	address := rq.client().Network.String()
	var rates []scoped
	if rq.who.customer.ID.IsZero() {
		rates = append(rates, scoped{"anon", t.Anon, "anon " + address}, scoped{"user", t.User, "user address " +
			address})
	} else {
		rates = append(rates, scoped{"user", t.User, "user " + rq.who.customer.ID.String()})
	}
	if logsIn {
		rates = append(rates, scoped{"login", t.Login, "login " + address})
	}
	return rates
}

// account is the rate of log-ins with one e-mail address.
func (rq *request) account(email string) scoped {
	return scoped{"account", rq.h.cfg.Throttles.Account, "account " + rq.node.Account(email)}
}

// throttle counts a request to a view.
func (rq *request) throttle() error { return rq.count(rq.rates(rq.view.logsIn)...) }

// throttleAccount counts a log-in at a view, once its body was read.
func (rq *request) throttleAccount(email string) error { return rq.count(rq.account(email)) }

// throttleSite counts a request for a page that costs as much as a view.
func (rq *request) throttleSite() error { return rq.count(rq.rates(false)...) }

// throttleLogin counts a log-in by the form.
func (rq *request) throttleLogin(email string) error {
	return rq.count(append(rq.rates(true), rq.account(email))...)
}

// count counts a request against every rate. If rates are used up, it refuses the request for the longest
// wait.
func (rq *request) count(counts ...scoped) error {
	var longest time.Duration
	var names []string
	now := rq.h.cfg.Now()
	for _, c := range counts {
		if wait, ok := rq.h.cfg.ThrottleHistory.Admit(c.key, c.rate, now); !ok {
			names, longest = append(names, c.name), max(longest, wait)
		}
	}
	if names == nil {
		return nil
	}
	return throttled{seconds: int(math.Ceil(longest.Seconds())), names: strings.Join(names, ",")}
}

// throttled is a request that came too soon (Django REST framework's Throttled). names are the rates that are
// used up: "login", or "anon,login".
type throttled struct {
	seconds int
	names   string
}

func (t throttled) Error() string {
	unit := " seconds."
	if t.seconds == 1 {
		unit = " second."
	}
	return "Request was throttled. Expected available in " + strconv.Itoa(t.seconds) + unit
}

// wait is how long to wait.
func (t throttled) wait() time.Duration { return time.Duration(t.seconds) * time.Second }

// wait is the Retry-After of an answer; 0: it has none.
func (a *answer) wait() time.Duration {
	seconds, _ := strconv.Atoi(a.header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second
}

// codeThrottled is the code of a request that came too soon. It is for the log; the answer shows none.
const codeThrottled core.Code = "throttled"
