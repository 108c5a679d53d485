package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store"
)

// fleetNode is a process of the command, in a directory that outlives it.
type fleetNode struct {
	*process
	at, metrics string
}

// newFleetNode is a node that does not run yet, with further lines of configuration. Hashes of passwords cost next to
// nothing.
func newFleetNode(more ...string) *fleetNode {
	n := &fleetNode{newProcess(command()), address(), address()}
	config := append([]string{"listen: " + n.at, "metrics: {listen: \"" + n.metrics + "\"}", "data: data",
		"log: {level: error}", cheapHashes, "bundle: {publish: true}",
		"simple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}"}, more...)
	check(os.WriteFile(filepath.Join(n.dir, "edgetoken.yaml"), []byte(strings.Join(config, "\n")), 0o600))
	return n
}

func (n *fleetNode) store() string { return filepath.Join(n.dir, "data", "store.db") }

// does runs a command on the node, and gives what it prints.
func (n *fleetNode) does(stdin string, args ...string) string {
	c := exec.Command(command(), append(args, "--config", "edgetoken.yaml")...)
	c.Dir, c.Stdin = n.dir, strings.NewReader(stdin)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		check(fmt.Errorf("%v: %w: %s", args, err, errs.Bytes()))
	}
	return strings.TrimSpace(string(out))
}

// start starts the process, whose log is a file in its directory.
func (n *fleetNode) start() {
	c := exec.Command(command(), "serve", "--config", "edgetoken.yaml")
	log, err := os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	defer log.Close()
	c.Dir, c.Stderr = n.dir, log
	n.process.command = c
	check(c.Start())
}

// ready waits until the node can do its work.
func (n *fleetNode) ready() {
	n.until("is ready", func() bool { return n.get("/readyz", "").status == 200 })
}

// until waits until something holds of a node. It looks each 2 ms, and less often the longer it takes, since each look
// costs the node what it should do meanwhile.
func (n *fleetNode) until(what string, holds func() bool) {
	for begun := time.Now(); !holds(); time.Sleep(max(2*time.Millisecond, time.Since(begun)/200)) {
		if time.Since(begun) > 3*time.Minute {
			check(fmt.Errorf("the node at %s: waited in vain until it %s", n.at, what))
		}
	}
}

// end ends the process in good order.
func (n *fleetNode) end() {
	check(n.process.command.Process.Signal(syscall.SIGTERM))
	_ = n.process.command.Wait()
}

// kill ends it at once.
func (n *fleetNode) kill() {
	check(n.process.command.Process.Kill())
	_ = n.process.command.Wait()
}

func (n *fleetNode) pid() int { return n.process.command.Process.Pid }

// worked is the processor time that the process has taken.
func (n *fleetNode) worked() time.Duration {
	const tick = 10 * time.Millisecond // of Linux' clocks in /proc, on all architectures of Go's
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.pid()))
	check(err)
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:])) // from the state on, field 3 of proc(5)
	user, err := strconv.Atoi(fields[11])
	check(err)
	system, err := strconv.Atoi(fields[12])
	check(err)
	return time.Duration(user+system) * tick
}

// clients64 ask nodes over connections that stay open.
var clients64 = http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxIdleConns: 1024}}

// answer is what a node answers.
type answer struct {
	status int // 0: it does not answer
	reason string
	body   []byte
}

func (n *fleetNode) get(path, access string) answer { return n.asks(http.MethodGet, path, nil, access) }

func (n *fleetNode) post(path string, fields map[string]string) answer {
	body, err := json.Marshal(fields)
	check(err)
	return n.asks(http.MethodPost, path, body, "")
}

func (n *fleetNode) asks(method, path string, body []byte, access string) (a answer) {
	r, err := http.NewRequest(method, "http://"+n.at+path, bytes.NewReader(body))
	check(err)
	r.Header.Set("Content-Type", "application/json")
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	got, err := clients64.Do(r)
	if err != nil {
		return answer{}
	}
	defer got.Body.Close()
	a.body, err = io.ReadAll(got.Body)
	if err != nil {
		return answer{}
	}
	a.status, a.reason = got.StatusCode, got.Header.Get("X-Auth-Error")
	return a
}

// refused reports whether a node refuses an access token as revoked.
func (n *fleetNode) refused(access string) bool {
	return n.get("/auth/check/", access).status == 401
}

// revokes ends a log-in at the node.
func (n *fleetNode) revokes(p pair) {
	if a := n.post("/auth/token/blacklist/", map[string]string{"refresh": p.Refresh}); a.status != 200 {
		check(fmt.Errorf("a log-out is answered with %d: %s", a.status, a.body))
	}
}

// logsIn logs the customer of this program in.
func (n *fleetNode) logsIn() (p pair, ok bool) {
	a := n.post("/auth/token/", map[string]string{"email": customer, "password": password})
	return p, a.status == 200 && json.Unmarshal(a.body, &p) == nil
}

// refreshes spends a refresh token.
func (n *fleetNode) refreshes(refresh string) (p pair, status int) {
	a := n.post("/auth/token/refresh/", map[string]string{"refresh": refresh})
	if a.status == 200 {
		check(json.Unmarshal(a.body, &p))
	}
	return p, a.status
}

// metric is a figure of the node.
func (n *fleetNode) metric(name string) float64 {
	got, err := clients64.Get("http://" + n.metrics + "/metrics")
	check(err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	check(err)
	_, after, found := strings.Cut(string(text), "\n"+name+" ")
	if !found {
		check(fmt.Errorf("the node has no metric %s", name))
	}
	line, _, _ := strings.Cut(after, "\n")
	v, err := strconv.ParseFloat(line, 64)
	check(err)
	return v
}

// fleetOf is a hub, and edges that are processes. What this program signs is signed by the key of the hub.
type fleetOf struct {
	lane         string
	hub          *fleetNode
	edges        []*fleetNode
	listen, nats string // of the hub
	settings     string
	customers    int
	proxies      []*lanetest.Proxy // before listen and nats; far edges dial them
	engine       *core.Native
	next         uint32
}

// moved is a customer with all that one has who moved in from Django.
func moved(i int) store.NewCustomer {
	return store.NewCustomer{ID: core.Integer(int64(i)), Email: dumped(i), IsActive: true, FirstName: "Ana",
		LastName: fmt.Sprint("Ruiz ", i), Attributes: fmt.Appendf(nil, `{"phone":"+34 600 %06d"}`, i%1_000_000),
		PasswordHash: fmt.Sprintf("pbkdf2_sha256$600000$%022d$%043d=", i, i)}
}

const fleetCustomers = 1000 // of a fleet, where nothing else is said

// newFleet is a fleet whose hub runs and has customers. members are edges in this process, which are to come.
func newFleet(lane string, staleness time.Duration, customers int, members *memberEdges) *fleetOf {
	f := &fleetOf{lane: lane, listen: address(), nats: address(), customers: customers}
	f.settings = fmt.Sprintf("lane: %s, staleness: %v", lane, staleness)
	f.hub = newFleetNode(fmt.Sprintf("fleet: {listen: %q, nats_listen: %q, %s}", f.listen, f.nats, f.settings))
	f.hub.does(password, "customers", "add", "--password-stdin", customer)
	fillWith(f.hub.store(), customers, moved)
	f.hub.does("", "fleet", "init", "--name", "bench", "--address", f.listen)
	for _, to := range []string{f.listen, f.nats} {
		p, err := lanetest.NewProxy(to, 0, 0)
		check(err)
		f.proxies = append(f.proxies, p)
	}
	members.enter(f, staleness)
	f.hub.start()
	f.hub.ready()
	f.signs()
	return f
}

// signs has this program sign with the key of the hub.
func (f *fleetOf) signs() {
	var list struct {
		Keys []struct{ ID, State string }
	}
	out := f.hub.does("", "keys", "list", "--json")
	check(json.Unmarshal([]byte(out), &list))
	for _, k := range list.Keys {
		if k.State != "signing" {
			continue
		}
		text := f.hub.does("", "keys", "export", k.ID, "--private", "--format", "jwk")
		found, err := keyring.Read([]byte(text), "ES256")
		check(err)
		ring, err := found.Ring()
		check(err)
		f.engine = core.NewNative(core.DefaultSettings(), ring)
		return
	}
	check(fmt.Errorf("no key of the hub signs: %s", out))
}

// logIn makes the tokens of a log-in of one customer after the other.
func (f *fleetOf) logIn() pair {
	f.next++
	entropy := make([]byte, core.EntropyBytes)
	_, _ = rand.Read(entropy)
	o, err := f.engine.Decide(context.Background(), logIn(int64(f.next)%fleetCustomers, time.Now(), entropy))
	check(err)
	return pair{o.Tokens[0].Value, o.Tokens[1].Value}
}

// opened is what a token says.
func (f *fleetOf) opened(token string) (o core.Opened) {
	check(f.engine.Open(context.Background(), []byte(token), &o))
	return o
}

// edge has an edge join that does not run yet. One that is far dials the proxies.
func (f *fleetOf) edge(far bool) *fleetNode {
	more := fmt.Sprintf("fleet: {%s}", f.settings)
	if far {
		more = fmt.Sprintf("fleet: {address: [%q], nats_listen: %q, %s}", f.proxies[0].Addr(), f.proxies[1].Addr(),
			f.settings)
	}
	n := newFleetNode(more)
	f.edges = append(f.edges, n)
	token := f.hub.does("", "fleet", "invite", "--name", fmt.Sprintf("edge-%d", len(f.edges)))
	n.does(token, "fleet", "join", "-")
	return n
}

// started is edge, and starts it.
func (f *fleetOf) started(far bool) *fleetNode {
	n := f.edge(far)
	n.start()
	n.ready()
	return n
}

// delayed delays what goes to and from far edges, each way.
func (f *fleetOf) delayed(by, jitter time.Duration) {
	for _, p := range f.proxies {
		p.Delay(by, jitter)
	}
}

// stop ends everything.
func (f *fleetOf) stop() {
	for _, n := range append(f.edges, f.hub) {
		n.stop()
	}
	for _, p := range f.proxies {
		p.Close()
	}
}
