package fleetsim_test

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// wrongRule is a rule of a fleet that is broken where PLANTED names it.
type wrongRule struct {
	name   string
	runs   uint64 // within which it is found
	often  bool   // in each test; else only by FLEETSIM_PLANTED
	faults string // those of the runs
	source []faultdisk.Fault
}

// wrongRules are the rules of a fleet that the simulation needs. What each run draws may take longer to find one.
var wrongRules = []wrongRule{
	{"what is heard counts as new, however long it took", 400, true, "slow", []faultdisk.Fault{
		{Source: "host/fleet/edgehello.go", Was: "	e.follows = p\n", Is: `	e.follows = p
	if planted("what is heard counts as new, however long it took") {
		e.fresh = e.now()
	}
`}}},
	{"cut-offs are not ahead", 400, true, "dark,slow", []faultdisk.Fault{
		{Source: "store/writer.go", Was: "	return min(max(w.now+w.ahead, w.granted, existing), core.LastStart)\n",
			Is: `	if planted("cut-offs are not ahead") {
		return min(max(w.now, w.granted, existing), core.LastStart)
	}
	return min(max(w.now+w.ahead, w.granted, existing), core.LastStart)
`}}},
	{"the outbox is trimmed before the hub has it", 200, true, "dark,lossy", []faultdisk.Fault{
		{Source: "host/fleet/edgesend.go", Was: "		if compare(acked, trimmed) <= 0 {\n",
			Is: `		if planted("the outbox is trimmed before the hub has it") {
			acked = e.cfg.Store.Head()
		}
		if compare(acked, trimmed) <= 0 {
`}}},
	{"a hub that was restored vouches at once", 400, true, "restore,dark", []faultdisk.Fault{
		{Source: "host/fleet/hubhello.go", Was: "	w.whole, w.registered = len(h.pending) == 0, s.registered\n",
			Is: `	w.registered = s.registered
	w.whole = len(h.pending) == 0 || planted("a hub that was restored vouches at once")
`}, {Source: "host/fleet/hub.go", Was: "func (h *Hub) Whole() bool {\n", Is: `func (h *Hub) Whole() bool {
	if planted("a hub that was restored vouches at once") {
		return true
	}
`}}},
	{"an edge offers nothing to a restored hub", 200, true, "restore", []faultdisk.Fault{
		{Source: "host/fleet/edgerealign.go", Was: "		p := page{facts: facts, next: next}\n",
			Is: `		if planted("an edge offers nothing to a restored hub") {
			facts = nil
		}
		p := page{facts: facts, next: next}
`}}},
	{"a restored hub goes on with its epoch", 100, true, "restore", []faultdisk.Fault{
		{Source: "store/restore.go", Was: "		n.Incarnation++\n", Is: `		n.Incarnation++
		if planted("a restored hub goes on with its epoch") {
			n.Epoch = w.node.Epoch
		}
`}}},
	{"generations are not taken", 400, true, "torn,backup", []faultdisk.Fault{
		{Source: "host/fleet/hubhello.go", Was: "	w.take = s.take && !said.ready\n",
			Is: `	w.take = s.take && !said.ready && !planted("generations are not taken")
`}}},
	{"advances of the past are not written again", 400, true, "crash,dark", []faultdisk.Fault{
		{Source: "host/fleet/edgerealign.go", Was: "	if err := e.cfg.Store.Reoffer(ctx, take); err != nil {\n",
			Is: `	if planted("advances of the past are not written again") {
	} else if err := e.cfg.Store.Reoffer(ctx, take); err != nil {
`}}},
	{"a lease waits for no other", 300, true, "clone", []faultdisk.Fault{
		{Source: "host/fleet/hubhello.go", Was: "s.registered < s.incarnation && !time.Now().Before(s.wait) {\n",
			Is: `s.registered < s.incarnation &&
		(!time.Now().Before(s.wait) || planted("a lease waits for no other")) {
`}}},
	{"nobody is fenced off", 300, true, "clone", []faultdisk.Fault{
		{Source: "store/judge.go", Was: "err == nil && at.Incarnation < lease {\n",
			Is: `err == nil && at.Incarnation < lease && !planted("nobody is fenced off") {
`}, {Source: "host/fleet/hubhello.go", Was: "	if w.fenced = said.incarnation < s.incarnation; w.fenced {\n",
			Is: `	w.fenced = said.incarnation < s.incarnation && !planted("nobody is fenced off")
	if w.fenced {
`}}},
	{"the old process is fenced before its lease has ended", 1000, false, "clone", []faultdisk.Fault{
		{Source: "host/fleet/hubhello.go", Was: "	registered, err := h.cfg.Store.Registered(ctx, from)\n",
			Is: `	registered, err := h.cfg.Store.Registered(ctx, from)
	if planted("the old process is fenced before its lease has ended") {
		_, err = h.cfg.Store.Register(ctx, from, said.incarnation)
	}
`}}},
	{"what was lost is not fetched", 100, true, "lossy,dark", []faultdisk.Fault{
		{Source: "host/fleet/edgehello.go", Was: "		if first || len(e.hellos) > 0 {\n",
			Is: `		if (first || len(e.hellos) > 0) && !planted("what was lost is not fetched") {
`}, {Source: "host/fleet/edgefollow.go", Was: "		if gap {\n			poke(e.behind)\n", Is: `		if gap {
			if !planted("what was lost is not fetched") {
				poke(e.behind)
			}
`}}},
	{"nobody dials again after a silence", 100, true, "frozen", []faultdisk.Fault{
		{Source: "host/fleet/edgehello.go", Was: "		case ctx.Err() == nil && time.Since(quiet) >= longest &&",
			Is: `		case planted("nobody dials again after a silence"):
		case ctx.Err() == nil && time.Since(quiet) >= longest &&`}}},
	{"the hub takes log-ins over while a lease runs", 300, true, "planned", []faultdisk.Fault{
		{Source: "host/fleet/status.go", Was: "			x.Lease, x.Offset = max(0, time.Until(e.lease)), e.offset\n",
			Is: `			x.Lease, x.Offset = max(0, time.Until(e.lease)), e.offset
			if planted("the hub takes log-ins over while a lease runs") {
				x.Lease = 0
			}
`}}},
	{"the hub acknowledges before its commit", 100, true, "crash", []faultdisk.Fault{
		{Source: "host/fleet/hubserve.go", Was: "	h.sends(from, upTo)\n", Is: `	h.sends(from, upTo)
	if planted("the hub acknowledges before its commit") {
		go func() {
			pause(ctx, 60*maxLinger)
			h.cfg.Store.Accept(ctx, from, store.Delivery{Frames: frames})
		}()
		a := accepted{upTo: upTo}
		return a.append(nil), nil
	}
`}}},
	{"a node answers however old its knowledge is", 100, true, "dark", []faultdisk.Fault{
		{Source: "host/node/fleet.go", Was: "		s.age = n.cfg.Fleet.Age()\n",
			Is: `		if !planted("a node answers however old its knowledge is") {
			s.age = n.cfg.Fleet.Age()
		}
`}, {Source: "host/node/fleet.go", Was: "	if n.cfg.Fleet == nil {\n		return nil\n	}\n	age := max(",
			Is: `	if n.cfg.Fleet == nil || planted("a node answers however old its knowledge is") {
		return nil
	}
	age := max(`}}},
	{"an edge writes cut-offs", 100, true, "dark", []faultdisk.Fault{
		{Source: "host/node/hub.go", Was: "	if !n.isEdge() {\n", Is: `	if !n.isEdge() || planted("an edge writes cut-offs") {
`}, {Source: "store/membership.go", Was: "	if w.membership.Role != Edge {\n",
			Is: `	if w.membership.Role != Edge || planted("an edge writes cut-offs") {
`}, {Source: "store/judge.go", Was: "a != fact.Anyone && a != fact.Home {\n",
			Is: `a != fact.Anyone && a != fact.Home && !planted("an edge writes cut-offs") {
`}}},
	{"what ended is listed", 100, true, "dark", []faultdisk.Fault{
		{Source: "store/listed.go", Was: "		return !f.dead, err\n",
			Is: `		return !f.dead || planted("what ended is listed"), err
`}, {Source: "store/family.go", Was: "		w.unlistRevoked(k)\n", Is: `		if !planted("what ended is listed") {
			w.unlistRevoked(k)
		}
`}}},
	{"a later cut-off may be lower", 300, true, "restore", []faultdisk.Fault{
		{Source: "store/writer.go", Was: "	if w.ahead > 0 {\n		existing = max(existing,",
			Is: `	if planted("a later cut-off may be lower") {
		return min(max(w.now+w.ahead, w.granted), core.LastStart)
	}
	if w.ahead > 0 {
		existing = max(existing,`}}},
	{"stamps have no epoch", 400, false, "restore,dark", []faultdisk.Fault{
		{Source: "store/fact/stamp.go", Was: "	return cmp.Or(cmp.Compare(s.Epoch, t.Epoch), cmp.Compare(s.Time",
			Is: `	if planted("stamps have no epoch") {
		return cmp.Or(cmp.Compare(s.Time, t.Time), cmp.Compare(s.Node, t.Node))
	}
	return cmp.Or(cmp.Compare(s.Epoch, t.Epoch), cmp.Compare(s.Time`}}},
	{"any node advances a log-in", 100, true, "slow", []faultdisk.Fault{
		{Source: "host/node/home.go", Was: "	if state.Home != state.Number {\n",
			Is: `	if state.Home != state.Number && !planted("any node advances a log-in") {
`}, {Source: "store/judge.go", Was: "		if reason := w.away(node, x); reason != \"\" {\n",
			Is: `		if reason := w.away(node, x); reason != "" && !planted("any node advances a log-in") {
`}}},
	{"a home needs no lease", 100, true, "clone,torn", []faultdisk.Fault{
		{Source: "host/fleet/edge.go", Was: "	case !e.ready || e.lease.elapsed.IsZero() || e.since(e.lease) >= 0:\n",
			Is: `	case planted("a home needs no lease"):
	case !e.ready || e.lease.elapsed.IsZero() || e.since(e.lease) >= 0:
`}}},
	{"no refresh waits for the hub", 300, true, "clone", []faultdisk.Fault{
		{Source: "host/fleet/edge.go", Was: "	if e.cfg.Settings.Durability == Local {\n",
			Is: `	if e.cfg.Settings.Durability == Local || planted("no refresh waits for the hub") {
`}}},
	{"a start goes on with its incarnation", 100, true, "torn,backup,clone", []faultdisk.Fault{
		{Source: "store/outbox.go", Was: "	if _, err := io.ReadFull(random, b[2:]); err != nil {\n",
			Is: `	if last != 0 && planted("a start goes on with its incarnation") {
		return last, nil
	}
	if _, err := io.ReadFull(random, b[2:]); err != nil {
`}}},
	{"a stolen node keeps its log-ins", 100, true, "withdraw", []faultdisk.Fault{
		{Source: "store/homes.go", Was: "	if len(h.members) == 0 {\n",
			Is: `	if len(h.members) == 0 || planted("a stolen node keeps its log-ins") {
`}}},
	{"a stolen node keeps its link", 100, true, "withdraw", []faultdisk.Fault{
		{Source: "host/fleet/hub.go", Was: "	h.cfg.Lane.Drop(number)\n	h.mu.Lock()\n",
			Is: `	if planted("a stolen node keeps its link") {
		return
	}
	h.cfg.Lane.Drop(number)
	h.mu.Lock()
`}, {Source: "host/fleet/members.go", Was: "		if !ok || member.Withdrawn != 0 {\n",
			Is: `		if !ok || member.Withdrawn != 0 && !planted("a stolen node keeps its link") {
`}}},
	{"only the home judges a refresh", 2000, false, "slow", []faultdisk.Fault{
		{Source: "host/node/home.go", Was: "	forgetGenerations(&request.State)\n		r.Outcome",
			Is: `	forgetGenerations(&request.State)
		if planted("only the home judges a refresh") {
			request.State.CutOff, request.State.Family.Dead = 0, false
		}
		r.Outcome`}}},
	{"the hub alone acknowledges", 300, true, "restore", []faultdisk.Fault{
		{Source: "host/fleet/hub.go", Was: "	upTo := place{h.epoch, h.cfg.Store.Head()}\n",
			Is: `	if planted("the hub alone acknowledges") {
		return nil
	}
	upTo := place{h.epoch, h.cfg.Store.Head()}
`}}},
	{"a clock is believed", 400, true, "clock", []faultdisk.Fault{
		{Source: "host/fleet/edge.go", Was: "off.Abs() > e.cfg.Settings.Skew {\n",
			Is: `off.Abs() > e.cfg.Settings.Skew && !planted("a clock is believed") {
`}}},
}

// The simulation finds what it is there to find. The test runs itself in a build that has the wrong rules.
// FLEETSIM_PLANTED=all looks for all of them, which takes long, and FLEETSIM_PLANTED=fenced for those with that word.
// FLEETSIM_COUNT=100 makes so many runs for each, and says how many show it.
func TestFleetFinds(t *testing.T) {
	if os.Getenv("FLEETSIM_PLANTING") != "" {
		findWrongRules(t)
		return
	}
	var all []faultdisk.Fault
	for _, dir := range []string{"store", "store/fact", "host/fleet", "host/node"} {
		all = append(all, faultdisk.Fault{Source: dir + "/planted.go", Is: "package " + path.Base(dir) +
			"\n\nimport \"os\"\n\nfunc planted(name string) bool { return os.Getenv(\"PLANTED\") == name }\n"})
	}
	for _, r := range wrongRules {
		all = append(all, r.source...)
	}
	t.Setenv("FLEETSIM_PLANTING", "1")
	out, err := faultdisk.Run(t, "TestFleetFinds", all...)
	for _, line := range regexp.MustCompile(`.*found (after|in) .*`).FindAllString(out, -1) {
		t.Log(line)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out[max(0, len(out)-4000):])
	}
}

// The bound on the times that the hub believes is there for nodes that lie. Sound edges, as the simulation has, issue
// nothing by a clock that is off. An attack finds that the bound is missing.
func TestAttackFinds(t *testing.T) {
	const test = "TestStolenEdgeIsAhead"
	t.Chdir("../../host/fleet")
	out, err := faultdisk.Run(t, test, faultdisk.Fault{Source: "store/judge.go",
		Was: "	latest := db.believable(w)\n", Is: "	latest := int64(1 << 62)\n"})
	if err == nil || !strings.Contains(out, "--- FAIL: "+test) {
		t.Errorf("%s misses a hub that believes every time: %v\n%s", test, err, out[max(0, len(out)-4000):])
	}
}

// findWrongRules breaks one rule after the other, and wants a run that shows it.
func findWrongRules(t *testing.T) {
	wanted := os.Getenv("FLEETSIM_PLANTED")
	for _, r := range wrongRules {
		if wanted == "" && !r.often || wanted != "" && wanted != "all" && !strings.Contains(r.name, wanted) {
			continue
		}
		t.Setenv("PLANTED", r.name)
		if n := number(t, "FLEETSIM_COUNT", 0); n != 0 {
			countFinds(t, r, n)
			continue
		}
		var found *outcome
		ran := uint64(0)
		search(t, 1, min(r.runs, number(t, "FLEETSIM_RUNS", r.runs)), func(seed uint64) bool {
			o := simulate(t, seed, r.faults)
			mu.Lock()
			defer mu.Unlock()
			ran++
			if len(o.bad) > 0 && found == nil {
				found = &o
			}
			return found == nil
		})
		if found == nil {
			t.Errorf("%s: not found in %d runs", r.name, ran)
			continue
		}
		fmt.Printf("%s: found after %d runs: %s: %s\n", r.name, ran, found.bad[0].what, found.bad[0].how)
	}
}

// countFinds makes runs with a rule broken, and says how many show it.
func countFinds(t *testing.T, r wrongRule, runs uint64) {
	found := map[string]int{}
	all := 0
	search(t, 1, runs, func(seed uint64) bool {
		o := simulate(t, seed, r.faults)
		mu.Lock()
		defer mu.Unlock()
		if len(o.bad) > 0 {
			all++
			found[o.bad[0].what]++
		}
		return true
	})
	fmt.Printf("%s: found in %d of %d runs: %v\n", r.name, all, runs, found)
}
