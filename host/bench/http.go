package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core/coretest"
)

const (
	httpRounds = 3
	httpLasts  = 4 * time.Second
)

func init() { roles["bare"] = bare }

// response is what a server answered.
type response struct {
	Header http.Header
	Body   []byte
}

// bare is net/http alone: it answers every request with the header and body that it is given.
func bare(args []string) {
	var a response
	check(json.Unmarshal([]byte(args[1]), &a))
	a.Header.Del("Date") // which net/http writes
	check(http.ListenAndServe(args[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), a.Header)
		_, _ = w.Write(a.Body)
	})))
}

// bareServer starts a bare in a process of its own, with the answer a.
func bareServer(address string, a response) *process {
	told, err := json.Marshal(a)
	check(err)
	return role("bare", address, string(told)).serve("http://" + address)
}

// rates takes turns between two servers, and returns the medians of their answers per second and of the ratio. In pause
// a server finishes work that nobody waits for any more; else that would take processors from the other one.
func rates(pause time.Duration, oursURL, oursScript, theirsURL, theirsScript string) (o, t, ratio float64) {
	load(oursURL, oursScript, time.Second)
	load(theirsURL, theirsScript, time.Second)
	var ours, theirs, ratios []float64
	for round := range httpRounds {
		var o, t float64
		inTurns(round, func() {
			time.Sleep(pause)
			o = load(oursURL, oursScript, httpLasts)
		}, func() {
			time.Sleep(pause)
			t = load(theirsURL, theirsScript, httpLasts)
		})
		ours, theirs, ratios = append(ours, o), append(theirs, t), append(ratios, o/t)
	}
	return median(ours), median(theirs), median(ratios)
}

// hmacNode has a node sign with HS256; without a key of its own it makes one for ES256.
var hmacNode = fmt.Sprintf("simple_jwt: {SIGNING_KEY: %q}", coretest.Secret)

// httpRows load nodes over HTTP with wrk, 64 connections.
func httpRows() (rows []row) {
	if _, err := exec.LookPath("wrk"); err != nil {
		log.Print("no figures over HTTP: wrk is missing; install Debian's package wrk")
		return nil
	}
	ours, plain := address(), address()
	n := node(ours, hmacNode)
	defer func() { n.stop() }()
	pair := logInAt(ours)

	get := `wrk.headers["Authorization"] = "Bearer ` + pair.Access + `"`
	answer := asked("GET", "http://"+ours+"/auth/check/", nil, pair.Access)
	handler := bareServer(plain, answer)
	r := row{Name: "GET /auth/check/", Peer: "bare net/http, same bytes", Unit: "req/s", Budget: 0.85, AtLeast: true,
		Allocations: -1}
	r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+ours+"/auth/check/", get, "http://"+plain, get)
	rows = append(rows, r.judged())
	handler.stop()

	// A client seldom refreshes twice with the same token, so no token is remembered.
	n.stop()
	n = node(ours, hmacNode, "token_cache: 0")
	pair = logInAt(ours)
	refresh := post(`{"refresh":"` + pair.Refresh + `"}`)
	answer = asked("POST", "http://"+ours+"/auth/token/refresh/", []byte(`{"refresh":"`+pair.Refresh+`"}`), "")
	handler = bareServer(plain, answer)
	r = row{Name: "POST /auth/token/refresh/, HS256", Peer: "bare net/http, same bytes", Unit: "req/s", Budget: 0.5,
		AtLeast: true, Allocations: -1}
	r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+ours+"/auth/token/refresh/", refresh, "http://"+plain, refresh)
	bareRate := r.Theirs
	rows = append(rows, r.judged())
	handler.stop()

	rows = append(rows, pocketBaseRows(ours, refresh)...)
	rows = append(rows, djangoRows(ours, refresh)...)
	return append(rows, ecdsaRow(bareRate))
}

// ecdsaRow is a refresh with ES256, beside what its signatures and a bare handler together allow. That is the check of
// the refresh token and the signature of the access token, with all processors busy, and the bare handler's time, as it
// was measured beside HS256.
func ecdsaRow(bareRate float64) row {
	at := address()
	n := node(at, "simple_jwt: {ALGORITHM: ES256}", "token_cache: 0")
	defer n.stop()
	refresh := post(`{"refresh":"` + logInAt(at).Refresh + `"}`)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	digest := sha256.Sum256([]byte("token"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	check(err)
	operations := func(int) {
		if _, err := ecdsa.SignASN1(nil, key, digest[:]); err != nil ||
			!ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
			panic("ecdsa")
		}
	}
	r := row{Name: "POST /auth/token/refresh/, ES256", Peer: "its signatures and bare net/http", Unit: "req/s",
		Budget: 0.85, AtLeast: true, Allocations: -1}
	var ours, theirs []float64
	for range httpRounds {
		took := timed(runtime.GOMAXPROCS(0), 4000, operations) // microseconds of one processor
		ours = append(ours, load("http://"+at+"/auth/token/refresh/", refresh, httpLasts))
		theirs = append(theirs, 1/(took/1e6/float64(runtime.GOMAXPROCS(0))+1/bareRate))
	}
	r.Ours, r.Theirs = median(ours), median(theirs)
	return r.judged()
}

// pocketBaseRows refresh and log in at a PocketBase with its own store and one user.
func pocketBaseRows(ours, refresh string) []row {
	pocketBase, err := exec.LookPath(os.Getenv("POCKETBASE"))
	if err != nil {
		log.Print("no PocketBase: set POCKETBASE to its program; ./build.sh bench builds it")
		return nil
	}
	at := address()
	p := newProcess(pocketBase, "serve", "--http", at, "--dir", "data")
	super := exec.Command(pocketBase, "superuser", "upsert", "root@example.com", password, "--dir", "data")
	super.Dir = p.dir
	if out, err := super.CombinedOutput(); err != nil {
		check(fmt.Errorf("pocketbase superuser: %w: %s", err, out))
	}
	p.command.Stdout = io.Discard
	p.serve("http://" + at + "/api/health")
	defer p.stop()
	var logged struct{ Token string }
	ask := func(path string, in, token string) {
		check(json.Unmarshal(asked("POST", "http://"+at+path, []byte(in), token).Body, &logged))
	}
	ask("/api/collections/_superusers/auth-with-password", `{"identity":"root@example.com","password":"`+password+`"}`,
		"")
	noLog, err := http.NewRequest("PATCH", "http://"+at+"/api/settings",
		strings.NewReader(`{"logs":{"maxDays":0}}`)) // as ours has none
	check(err)
	noLog.Header.Set("Authorization", logged.Token)
	noLog.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(noLog)
	check(err)
	if answer.Body.Close(); answer.StatusCode != http.StatusOK {
		check(fmt.Errorf("pocketbase settings: %s", answer.Status))
	}
	ask("/api/collections/users/records",
		`{"email":"`+customer+`","password":"`+password+`","passwordConfirm":"`+password+`"}`, logged.Token)
	ask("/api/collections/users/auth-with-password", `{"identity":"`+customer+`","password":"`+password+`"}`, "")

	r := row{Name: "POST /auth/token/refresh/, HS256", Peer: "PocketBase auth-refresh", Unit: "req/s", Budget: 4,
		AtLeast: true, Allocations: -1}
	r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+ours+"/auth/token/refresh/", refresh,
		"http://"+at+"/api/collections/users/auth-refresh",
		post("")+"\nwrk.headers[\"Authorization\"] = \""+logged.Token+"\"")
	l := row{Name: "POST /auth/token/, argon2id", Peer: "PocketBase, bcrypt", Unit: "req/s", AtLeast: true,
		Allocations: -1}
	l.Ours, l.Theirs, l.Ratio = rates(20*time.Second, "http://"+ours+"/auth/token/", post(logInBody),
		"http://"+at+"/api/collections/users/auth-with-password",
		post(`{"identity":"`+customer+`","password":"`+password+`"}`))
	return []row{r.judged(), l.judged()}
}

// djangoRows refresh at Django with simplejwt under gunicorn, as testdata/interop starts it.
func djangoRows(ours, refresh string) []row {
	at := address()
	_, port, _ := strings.Cut(at, ":")
	start := func(in string, args ...string) error {
		c := exec.Command("../../testdata/interop/setup", args...)
		c.Stdin = strings.NewReader(in)
		out, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	document, err := exec.Command("python3", "-c", djangoDocument, port, customer, password).Output()
	if err == nil {
		err = start(string(document))
	}
	if err != nil {
		log.Print("no Django: ", err)
		return nil
	}
	defer func() { check(start("", "--stop", port)) }()
	r := row{Name: "POST /auth/token/refresh/, HS256", Peer: "Django + simplejwt, gunicorn", Unit: "req/s",
		AtLeast: true, Allocations: -1}
	r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+ours+"/auth/token/refresh/", refresh,
		"http://"+at+"/auth/token/refresh/", post(`{"refresh":"`+logInAt(at).Refresh+`"}`))
	return []row{r.judged()}
}

// djangoDocument makes what testdata/interop/setup reads.
const djangoDocument = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "../../testdata/conformance")
from replay import DEFAULT_SETTINGS
port, email, password = sys.argv[1:]
print(json.dumps({"compat": "5.5", "settings": DEFAULT_SETTINGS, "port": int(port),
    "customers": [{"id": 1, "email": email, "password": password, "is_active": True}]}))
`

var logInBody = fmt.Sprintf(`{"email":%q,"password":%q}`, customer, password)

type pair struct{ Refresh, Access string }

func logInAt(address string) pair { return logInWith(address, logInBody) }

func logInWith(address, body string) (p pair) {
	check(json.Unmarshal(asked("POST", "http://"+address+"/auth/token/", []byte(body), "").Body, &p))
	return p
}

// post is a script for wrk that posts JSON.
func post(json string) string {
	return fmt.Sprintf("wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = "+
		"[==[%s]==]", json)
}

// asked is one answer, which must be a good one.
func asked(method, url string, in []byte, token string) response {
	r, err := http.NewRequest(method, url, bytes.NewReader(in))
	check(err)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	check(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode >= 300 {
		check(fmt.Errorf("%s %s: %s: %s", method, url, answer.Status, b))
	}
	return response{answer.Header, b}
}
