package fleetsim_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// steps are what clients and administrators do, and how often of 100 times.
var steps = []struct {
	often int
	do    func(*world)
}{
	{20, (*world).logIn},
	{22, (*world).refreshSome},
	{6, (*world).race},
	{14, (*world).retry},
	{24, (*world).checkSome},
	{2, (*world).listSome},
	{6, (*world).logOut},
	{2, (*world).logOutEverywhere},
	{2, (*world).changePassword},
	{2, (*world).administer},
}

// step does a step.
func (w *world) step() {
	n := w.rand.IntN(100)
	for _, s := range steps {
		if n -= s.often; n < 0 {
			s.do(w)
			return
		}
	}
}

// at has somebody call a process of a station, if one runs.
func (w *world) at(s *station, call func(p *process, began time.Duration)) {
	p := s.process()
	if p == nil {
		return
	}
	after := w.between(0, time.Millisecond) // no two at one moment
	w.steps.Go(func() {
		time.Sleep(after)
		call(p, w.elapsed())
	})
}

// somewhere is a station, drawn at random; clones are as good as others.
func (w *world) somewhere() *station {
	all := w.all()
	return all[w.rand.IntN(len(all))]
}

// someLogin is a log-in, a recent one as a rule; nil: there is none.
func (w *world) someLogin() *login {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	n := len(w.truth.logins)
	if n == 0 {
		return nil
	}
	return w.truth.logins[n-1-w.rand.IntN(min(n, 25))]
}

// living are the latest log-ins at edges that nobody has ended, at most so many.
func (w *world) living(most int) (list []*login) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	for _, l := range slices.Backward(w.truth.logins) {
		if !l.home.isHub() && l.ended == 0 && l.dead == 0 && l.shut == 0 && len(list) < most {
			list = append(list, l)
		}
	}
	return list
}

// someone is a customer.
func (w *world) someone() *customer {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	return w.truth.customers[w.rand.IntN(len(w.truth.customers))]
}

// secret is a password of a customer, the last one as a rule.
func (w *world) secret(c *customer) *secret {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	n := len(c.secrets)
	if w.rand.IntN(3) > 0 {
		return c.secrets[n-1]
	}
	return c.secrets[n-1-w.rand.IntN(min(n, 4))]
}

func (c *customer) email() string { return fmt.Sprint(c.id, "@x.y") }

// why is why a result was refused; cause.OK where it was not.
func why(r node.Result) cause.Cause {
	if !r.Refused() {
		return cause.OK
	}
	return r.Refusals[0].Cause
}

func (w *world) logIn() { w.logInAt(w.somewhere()) }

func (w *world) logInAt(s *station) {
	c := w.someone()
	with := w.secret(c)
	w.at(s, func(p *process, began time.Duration) {
		r, err := p.Login(p.ctx, client, c.email(), with.text)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		if err != nil || r.Refused() {
			w.note("%s: log-in of %d with %s: %v %v", s.name, c.id, with.text, why(r), err)
			return
		}
		var o core.Opened
		w.must(w.engine.Open(w.ctx, []byte(r.Tokens[0].Value), &o))
		l := &login{customer: c, name: fmt.Sprintf("l%d", len(w.truth.logins)), secret: with, home: s,
			born: w.elapsed(), access: r.Tokens[1].Value, given: map[uint32]string{},
			family: core.FamilyKey{Customer: core.Integer(c.id), Bits: o.Family().Bits, Start: o.Family().Start}}
		w.note("%s: %s is a log-in of %d with %s, age %v", s.name, l.name, c.id, with.text, p.age())
		l.doubtful = p.age() > time.Second // it may not know yet of a cut-off
		l.rewound = s.apart()
		l.unheard = l.rewound
		l.doubtful = l.doubtful || !s.punctual() // the tokens may be from the future
		l.doubtful = l.doubtful || s.stolen      // its log-ins end while this one begins
		w.truth.logins = append(w.truth.logins, l)
		w.give(l, r.Tokens[0].Value)
		w.accepted(l, s, began, "log-in")
	})
}

func (w *world) refreshSome() {
	if l := w.someLogin(); l != nil {
		w.refresh(l, w.latest(l, w.rand.IntN(20) == 0), w.somewhere())
	}
}

// race has two nodes refresh the same token at once.
func (w *world) race() {
	if l := w.someLogin(); l != nil {
		with := w.latest(l, false)
		w.refresh(l, with, w.somewhere())
		w.refresh(l, with, w.somewhere())
	}
}

// retry has a client refresh a token, get no answer, and show it again later, elsewhere perhaps.
func (w *world) retry() {
	l := w.someLogin()
	if l == nil {
		return
	}
	w.retryAt(l, w.somewhere())
}

func (w *world) retryAt(l *login, s *station) {
	with := w.latest(l, false)
	w.refresh(l, with, s)
	w.later(w.between(50*time.Millisecond, 7*time.Second), func() { w.refresh(l, with, w.somewhere()) })
}

// visit has customers log in at edges, and end all their log-ins a moment later.
func (w *world) visit() {
	for range 4 {
		w.logInAt(w.someEdge())
		w.later(w.between(tick, 6*tick), w.logOutEverywhere)
	}
}

// rush has clients of a node refresh there within the next moments, and show the same tokens elsewhere later.
func (w *world) rush(s *station) {
	const most = 16
	w.truth.mu.Lock()
	var its []*login
	for _, l := range w.truth.logins {
		if l.home.number == s.number && l.ended == 0 && l.dead == 0 {
			its = append(its, l)
		}
	}
	w.truth.mu.Unlock()
	for _, l := range its[max(0, len(its)-most):] {
		w.later(w.between(0, 2*helloEvery), func() { w.retryAt(l, s) })
	}
}

// shown is a refresh token that a client shows.
type shown struct {
	token      string
	generation uint32
}

// latest is the latest refresh token of a log-in, or the one before, which was spent.
func (w *world) latest(l *login, spent bool) shown {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	if g := l.last; spent && g > 0 && l.given[g-1] != "" {
		return shown{l.given[g-1], g - 1}
	}
	return shown{l.refresh, l.last}
}

// refresh has a client show a token at a node.
func (w *world) refresh(l *login, with shown, s *station) {
	w.truth.mu.Lock()
	l.doubtful = l.doubtful || with.generation < l.last
	w.truth.mu.Unlock()
	w.at(s, func(p *process, began time.Duration) {
		w.truth.mu.Lock()
		l.flying++
		// Whoever shows a token while one of another generation is on its way may be overtaken by it.
		l.doubtful = l.doubtful || l.flying > 1 && l.flies != with.generation
		l.flies = with.generation
		if s.repeats() || l.home.repeats() {
			l.mayRepeat()
		}
		w.truth.mu.Unlock()
		r, err := p.Refresh(p.ctx, with.token)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		l.flying--
		w.note("%s: refresh of %s.%d: %v repeated=%v %v", s.name, l.name, with.generation, why(r), r.Repeated,
			err)
		switch {
		case err != nil:
			l.doubtful = true
		case r.Refused():
			l.doubtful = l.doubtful || with.generation+1 < l.last // it was on its way for long
			w.refused(l, s, p, "refresh: "+why(r).String())
		default:
			w.leaves(l, s, began)
			w.accepted(l, s, began, "refresh")
			w.give(l, r.Tokens[1].Value)
			p.Used(r, client)
			l.doubtful = l.doubtful || !l.home.punctual() // the tokens may be from the future
			l.access = r.Tokens[0].Value
		}
	})
}

func (w *world) checkSome() {
	l := w.someLogin()
	if l == nil {
		return
	}
	w.check(l, w.somewhere())
}

// listSome has a customer look at its log-ins: what ended is in no list.
func (w *world) listSome() {
	l := w.someLogin()
	if l == nil {
		return
	}
	s := w.somewhere()
	w.truth.mu.Lock()
	who := node.Asker{Customer: core.Integer(l.id), Token: l.access}
	w.truth.mu.Unlock()
	w.at(s, func(p *process, began time.Duration) {
		list, err := p.Sessions(p.ctx, who, 0, 100)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		w.note("%s: %d of %d log-ins of %d are listed: %v", s.name, len(list.List), list.Count, l.id, err)
		for _, row := range list.List {
			if k, ok := store.ReadListID(row.ID); ok {
				w.listed(k, l.customer, s, began)
			}
		}
	})
}

// listed checks that a node may list a log-in. The caller holds mu.
func (w *world) listed(k core.FamilyKey, c *customer, s *station, began time.Duration) {
	for _, l := range w.truth.logins {
		if l.customer == c && l.family.Start == k.Start && l.family.Bits == k.Bits {
			w.shown++
			w.accepted(l, s, began, "list")
		}
	}
}

// checkEnded has the hub check a log-in that ended a short while ago.
func (w *world) checkEnded() {
	w.truth.mu.Lock()
	var ended []*login
	for _, l := range w.truth.logins {
		if l.dead != 0 && w.elapsed() < l.dead+10*time.Second {
			ended = append(ended, l)
		}
	}
	w.truth.mu.Unlock()
	if len(ended) > 0 {
		w.check(ended[w.rand.IntN(len(ended))], w.hub)
	}
}

// check has a node check the access token of a log-in.
func (w *world) check(l *login, s *station) {
	w.truth.mu.Lock()
	token := l.access
	w.truth.mu.Unlock()
	w.at(s, func(p *process, began time.Duration) {
		r, err := p.Authenticate(p.ctx, token)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		switch {
		case err != nil:
		case r.Refused():
			w.note("%s: %s is refused: %v", s.name, l.name, why(r))
			w.refused(l, s, p, "check: "+why(r).String())
		default:
			w.accepted(l, s, began, "check")
		}
	})
}

// logOut has a customer log out of one log-in.
func (w *world) logOut() {
	if l := w.someLogin(); l != nil {
		w.logOutAt(l, w.somewhere())
	}
}

func (w *world) logOutAt(l *login, s *station) {
	w.truth.mu.Lock()
	token := l.refresh
	l.doubtful = true
	w.truth.mu.Unlock()
	w.at(s, func(p *process, began time.Duration) {
		r, err := p.Blacklist(p.ctx, token)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		w.note("%s: log-out of %s: %v %v", s.name, l.name, why(r), err)
		if err != nil || r.Refused() || l.ended != 0 || s.stolen {
			return
		}
		l.ended, l.endedAt = w.elapsed(), s.number
		if s.isHub() {
			w.die(l)
		}
	})
}

// change changes a customer at a station. done has what holds once it succeeded, and the log-ins of before.
func (w *world) change(
	c *customer, s *station, what string, do func(p *process) (node.Result, error),
	done func(began time.Duration, before []*login),
) {
	w.at(s, func(p *process, began time.Duration) {
		w.truth.mu.Lock()
		c.begin(began)
		var before []*login
		for _, l := range w.truth.logins {
			if l.customer == c {
				before = append(before, l)
			}
		}
		w.truth.mu.Unlock()
		r, err := do(p)
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		c.end(w.elapsed())
		if err != nil { // it may be on its way to the hub
			c.touched += slowest
		}
		w.note("%s: %s of %d, asked at %v: %v %v", s.name, what, c.id, began, why(r), err)
		if err == nil && !r.Refused() && w.truth.restored <= began { // else the hub may have forgotten it already
			done(began, before)
		}
	})
}

// dieAll notes that log-ins have ended. The caller holds mu.
func (w *world) dieAll(_ time.Duration, list []*login) {
	for _, l := range list {
		w.die(l)
	}
}

func (w *world) logOutEverywhere() {
	l := w.someLogin()
	if l == nil {
		return
	}
	w.truth.mu.Lock()
	token := l.access
	w.truth.mu.Unlock()
	w.change(l.customer, w.somewhere(), "log-out everywhere", func(p *process) (node.Result, error) {
		return p.EndLogins(p.ctx, core.Integer(l.id), token)
	}, w.dieAll)
}

func (w *world) changePassword() {
	c := w.someone()
	old := w.secret(c)
	w.truth.mu.Lock()
	next := &secret{text: fmt.Sprintf("p%d-%d", c.id, len(c.secrets))}
	c.secrets = append(c.secrets, next)
	w.truth.mu.Unlock()
	w.change(c, w.somewhere(), "password "+old.text+" to "+next.text, func(p *process) (node.Result, error) {
		return p.ChangePassword(p.ctx, client, c.email(), old.text, next.text)
	}, func(began time.Duration, before []*login) {
		w.dieAll(began, before)
		if old.dead == 0 {
			old.dead = w.elapsed()
		}
	})
}

// administer adds, disables, enables or removes a customer at the hub.
func (w *world) administer() {
	c := w.someone()
	switch w.rand.IntN(4) {
	case 0:
		w.add()
	case 1:
		w.change(c, w.hub, "disabling", w.atHubStore(func(db *store.DB) error {
			return db.SetActive(w.ctx, core.Integer(c.id), false)
		}), func(began time.Duration, _ []*login) {
			if c.opened < began && !c.gone {
				c.shut = w.elapsed()
			}
		})
	case 2:
		open := func() { c.shut, c.opened = 0, w.elapsed() }
		w.change(c, w.hub, "enabling", w.atHubStore(func(db *store.DB) error {
			w.truth.mu.Lock()
			open()
			w.truth.mu.Unlock()
			err := db.SetActive(w.ctx, core.Integer(c.id), true)
			w.truth.mu.Lock()
			defer w.truth.mu.Unlock()
			open()
			return err
		}), func(time.Duration, []*login) {})
	case 3:
		if w.rand.IntN(2) > 0 {
			return
		}
		w.change(c, w.hub, "removal", w.atHubStore(func(db *store.DB) error {
			w.truth.mu.Lock()
			c.gone = true
			w.truth.mu.Unlock()
			return db.Remove(w.ctx, core.Integer(c.id), 24*time.Hour)
		}), func(time.Duration, []*login) { c.shut = w.elapsed() })
	}
}

// atHubStore changes the hub's store, and waits as an administrator's command does.
func (w *world) atHubStore(do func(*store.DB) error) func(*process) (node.Result, error) {
	return func(p *process) (node.Result, error) {
		err := do(p.db)
		if err == nil {
			err = p.hub.Confirmed(p.ctx)
		}
		return node.Result{}, err
	}
}

// add adds a customer.
func (w *world) add() {
	w.truth.mu.Lock()
	c := &customer{id: int64(len(w.truth.customers) + 1)}
	c.secrets = []*secret{{text: fmt.Sprintf("p%d-0", c.id)}}
	c.begin(w.elapsed())
	w.truth.customers = append(w.truth.customers, c)
	w.truth.mu.Unlock()
	hash, err := password.Hash(c.secrets[0].text, cheap, rand.Reader)
	w.must(err)
	w.at(w.hub, func(p *process, _ time.Duration) {
		_, err := p.db.Add(w.ctx, store.NewCustomer{ID: core.Integer(c.id), Email: c.email(), IsActive: true,
			PasswordHash: hash})
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		c.end(w.elapsed())
		w.note("hub: customer %d is added: %v", c.id, err)
	})
}
