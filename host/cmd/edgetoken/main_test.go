package main_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/testdata/ports"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"edgetoken": edgetoken.Main, "call": call, "login": login, "certify": certify, "foreign": foreign, "idle": idle,
		"harm": harm, "contest": contest,
		"guarded": guarded,
	})
}

// TestScripts runs testdata/*.txtar. Beside testscript's own commands there are
//
//	exits N COMMAND…          runs a command, which must exit with status N
//	freeport NAME             sets NAME to a port that nothing listens on
//	ready URL                 waits until URL is answered with 200
//	find NAME PATTERN FILE    sets NAME to what the group of PATTERN finds in a file; waits until the file has it
//	readytls URL SERIAL       waits until URL is answered with 200, under a certificate with this serial number
//	terminate, hangup         sends SIGTERM or SIGHUP to what runs in the background
//	exec call …               makes one HTTP request and prints status and body
//	exec login PORT FILE      logs Ana in and writes the answer to a file
//	exec certify SERIAL       writes cert.pem and key.pem
//	exec foreign FILE         writes a bbolt file that is no store
//	exec idle FILE DAYS       sets the latest change of a store back by so many days
//	exec contest FILE         delivers customers 1, Bo, and 2, Ana, of another node to a store
//	exec harm FILE TEXT       overwrites a text wherever it stands in a file
//
// $SCHEMA1 is a store that the first version made. The condition [module] holds where the sandboxed module is built in.
func TestScripts(t *testing.T) {
	_, err := os.Stat("../../engine/module/edgetoken.wasm")
	module := err == nil
	cache := t.TempDir()
	schema1, err := filepath.Abs("../../../store/testdata/schema1-integer.db")
	if err != nil {
		t.Fatal(err)
	}
	if module {
		if err := os.Symlink(enginetest.CacheDir(t), filepath.Join(cache, "edgetoken")); err != nil {
			t.Fatal(err)
		}
		compile(t, filepath.Join(cache, "edgetoken"))
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EDGETOKEN_ENGINE", "native")
			e.Setenv("EDGETOKEN_PASSWORD_MEMORY", "8") // the least that argon2 has
			e.Setenv("EDGETOKEN_PASSWORD_ITERATIONS", "1")
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("SCHEMA1", schema1)
			return os.Chmod(e.WorkDir, 0o755)
		},
		Condition: func(cond string) (bool, error) {
			if cond == "module" {
				return module, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "freeport": freeport, "ready": ready, "find": find, "readytls": readyTLS,
			"terminate": signalling(syscall.SIGTERM), "hangup": signalling(syscall.SIGHUP),
		},
	})
}

// compile fills the cache of compiled modules, so that not every script does so at the same time.
func compile(t *testing.T, cache string) {
	ring, err := keyring.Generate("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, full := range []bool{false, true} {
		e, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(), Keys: ring,
			SelfContained: full, CacheDir: cache, MaxInstances: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%q exits with %d, want %d", args[1:], got, want)
	}
}

func freeport(ts *testscript.TestScript, _ bool, args []string) {
	port, err := ports.Free()
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(port))
}

// patience is how long a script waits for what must come. A node that compiles its module on a busy machine takes a
// while.
const patience = time.Minute

func ready(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		r, err := http.Get(args[0])
		if err != nil {
			continue
		}
		_ = r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("%s is not answered", args[0])
}

func find(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[2]))
		if found := pattern.FindSubmatch(b); err == nil && found != nil {
			ts.Setenv(args[0], string(found[1]))
			return
		}
	}
	ts.Fatalf("%s does not have %s", args[2], args[1])
}

func signalling(signal os.Signal) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, _ []string) {
		for _, c := range ts.BackgroundCmds() {
			ts.Check(c.Process.Signal(signal))
		}
	}
}

func readyTLS(ts *testscript.TestScript, _ bool, args []string) {
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		r, err := client.Get(args[0])
		if err != nil {
			continue
		}
		_ = r.Body.Close()
		if got = r.TLS.PeerCertificates[0].SerialNumber.String(); r.StatusCode == http.StatusOK && got == args[1] {
			return
		}
	}
	ts.Fatalf("%s is not answered under certificate %s, but %q", args[0], args[1], got)
}

// call is curl for scripts: call [-bearer TOKEN] [-scheme SCHEME] [-socket PATH] METHOD URL [JSON].
func call() {
	bearer := flag.String("bearer", "", "access token")
	scheme := flag.String("scheme", "Bearer", "of the Authorization header")
	socket := flag.String("socket", "", "unix socket to connect to")
	flag.Parse()
	if *socket != "" {
		http.DefaultTransport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", *socket)
		}
	}
	r, err := http.NewRequest(flag.Arg(0), flag.Arg(1), strings.NewReader(flag.Arg(2)))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
		if *bearer != "" {
			r.Header.Set("Authorization", *scheme+" "+*bearer)
		}
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(r); err == nil {
			defer answer.Body.Close()
			fmt.Print(answer.StatusCode, " ")
			_, err = io.Copy(os.Stdout, answer.Body)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// login is what a client does first.
func login() {
	const ana = `{"email": "ana@example.com", "password": "correct horse 1"}`
	r, err := http.Post("http://127.0.0.1:"+os.Args[1]+"/auth/token/", "application/json", strings.NewReader(ana))
	var b []byte
	if err == nil {
		defer r.Body.Close()
		if b, err = io.ReadAll(r.Body); err == nil && r.StatusCode != http.StatusOK {
			err = fmt.Errorf("log-in answers %d %s", r.StatusCode, b)
		}
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], b, 0o600)
	}
	exit(err)
}

func certify() {
	serial, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err == nil {
		err = servicetest.WriteCertificate(".", serial)
	}
	exit(err)
}

// harm overwrites every place of a text in a file with as many x.
func harm() {
	b, err := os.ReadFile(os.Args[1])
	if err == nil {
		text := []byte(os.Args[2])
		err = os.WriteFile(os.Args[1], bytes.ReplaceAll(b, text, bytes.Repeat([]byte("x"), len(text))), 0o600)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// foreign writes a bbolt file of another program.
func foreign() {
	db, err := bbolt.Open(os.Args[1], 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("consul"))
			return err
		}), db.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// idle makes of a store one in which nothing has changed for long.
func idle() {
	days, err := strconv.Atoi(os.Args[2])
	var db *bbolt.DB
	if err == nil {
		db, err = bbolt.Open(os.Args[1], 0o600, &bbolt.Options{Timeout: patience})
	}
	if err == nil {
		err = errors.Join(db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("meta"))
			tally := bytes.Clone(b.Get([]byte("tally")))
			binary.LittleEndian.PutUint64(tally[1:], uint64(time.Now().AddDate(0, 0, -days).UnixMicro()))
			return b.Put([]byte("tally"), tally)
		}), db.Close())
	}
	exit(err)
}

// contest has a store apply what another node wrote that did not know of it.
func contest() {
	stamp := fact.Stamp{Epoch: 1, Time: time.Now().Add(time.Hour).UnixMicro(), Node: 2}
	customer := func(id int64, email string) fact.Fact {
		return fact.Customer{ID: core.Integer(id), Made: stamp, Stamp: stamp, Set: fact.Email | fact.FirstName |
			fact.LastName | fact.Active | fact.Staff | fact.Superuser | fact.Password | fact.Attributes | fact.Joined,
			Email: email, Active: true, PasswordHash: "!", Joined: stamp.Time}
	}
	f := fact.Frame{Node: 2, Incarnation: 1, Sequence: 1, Made: stamp.Time,
		Facts: []fact.Fact{customer(1, "bo@example.com"), customer(2, "ana@example.com")}}
	raw, err := f.Append(nil)
	var db *store.DB
	if err == nil {
		db, err = store.Open(store.Config{Path: os.Args[1]})
	}
	if err == nil {
		_, err = db.Apply(context.Background(), store.Delivery{Frames: [][]byte{raw}})
		err = errors.Join(err, db.Close())
	}
	exit(err)
}
