package store_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The test binary runs itself again as the process that crashes; this variable holds "role path".
const childVariable = "EDGETOKEN_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	role, path, child := strings.Cut(os.Getenv(childVariable), " ")
	switch {
	case !child:
		os.Exit(m.Run())
	case role == "write":
		writeForEver(path)
	case role == "follow":
		followForEver(path)
	case role == "upgradeful":
		upgradeWithoutRoom(path)
	case strings.HasPrefix(role, "upgrade="):
		dieUpgrading(path, strings.TrimPrefix(role, "upgrade="))
	case strings.HasPrefix(role, "reseal="):
		dieResealing(path, strings.TrimPrefix(role, "reseal="))
	case strings.HasPrefix(role, "restore="):
		dieRestoring(path, strings.ReplaceAll(strings.TrimPrefix(role, "restore="), "_", " "))
	case strings.HasPrefix(role, "adopt="):
		dieAdopting(path, strings.TrimPrefix(role, "adopt="))
	case strings.HasPrefix(role, "fill="):
		fillUp(path, strings.TrimPrefix(role, "fill="))
	}
	os.Exit(3)
}

func child(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childVariable+"="+role+" "+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeForEver adds customers, gives each a permission, begins and ends sessions, lists a family, notes a use of it and
// revokes it, and changes the password, and tells each thing after it was acknowledged.
func writeForEver(path string) {
	db, err := store.Open(store.Config{Path: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var out sync.Mutex
	tell := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				c, err := db.Add(bg, store.NewCustomer{Email: fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i),
					IsActive: true})
				if err != nil {
					tell("error %v", err)
					return
				}
				tell("added %d", c.ID.Int)
				for _, id := range sessionsOf(c.ID) {
					if err := db.StartSession(bg, store.NewSession{ID: id, Customer: c,
						Expires: time.Now().Add(time.Hour)}); err != nil {
						tell("error %v", err)
						return
					}
				}
				tell("begun %d", c.ID.Int)
				if err := db.EndSession(bg, sessionsOf(c.ID)[0]); err != nil {
					tell("error %v", err)
					return
				}
				tell("ended %d", c.ID.Int)
				if err := listOne(db, c); err != nil {
					tell("error %v", err)
					return
				}
				tell("listed %d", c.ID.Int)
				db.UseLogin(store.NewLogin{Family: listedOnce(c.ID), Until: time.Now().Unix() + 60, Client: curl})
				if err := db.FlushUses(bg); err != nil {
					tell("error %v", err)
					return
				}
				tell("used %d", c.ID.Int)
				err = db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
					Family: listedOnce(c.ID), Until: time.Now().Unix()}, {Kind: core.RevokeFamily,
					Family: ours.Key("", c.ID), Until: time.Now().Unix()}}})
				if err != nil {
					tell("error %v", err)
					return
				}
				tell("revoked %d", c.ID.Int)
				if err := db.ChangeRights(bg, c.ID,
					store.RightsChange{Grant: []string{"customers.view_customer"}}); err != nil {
					tell("error %v", err)
					return
				}
				tell("granted %d", c.ID.Int)
				if i%2 == 0 { // those of odd customers are not ended by a password change
					if err := db.SetPassword(bg, c.ID, "new"); err != nil {
						tell("error %v", err)
						return
					}
					tell("changed %d", c.ID.Int)
				}
			}
		}()
	}
	select {}
}

// listedOnce is the log-in of a customer that is listed.
func listedOnce(id core.CustomerID) core.FamilyKey {
	return core.FamilyKey{Customer: id, Bits: 77, Start: start}
}

// listOne begins the log-in of a customer that is listed.
func listOne(db *store.DB, c store.Customer) error {
	s, _, err := db.Load(bg, store.Query{UserID: c.ID, HasUser: true})
	if err != nil {
		return err
	}
	return db.SettleLogin(bg, login(s, start), store.NewLogin{Family: listedOnce(c.ID), Until: time.Now().Unix() + 60})
}

// lastUser is which user agent a list has for the log-in of a customer that is listed; none: "-".
func lastUser(t testing.TB, db *store.DB, id core.CustomerID) string {
	t.Helper()
	list, _, err := db.Logins(bg, id, 0, 9)
	must(t, err)
	if len(list) == 0 {
		return "-"
	}
	return list[0].Client.Agent
}

// sessionsOf are the two sessions of a customer.
func sessionsOf(id core.CustomerID) [2]store.SessionID {
	var ids [2]store.SessionID
	for i := range ids {
		binary.BigEndian.PutUint64(ids[i][8*i:], uint64(id.Int))
	}
	return ids
}

// R9: a process is killed amid its writes, several times over one store; all that it acknowledged is there.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := map[string]bool{}
	for round := range 3 {
		cmd := child(t, "write", path)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
			if n == 80+round*34 {
				must(t, cmd.Process.Kill())
			}
		}
		if err := cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		db, err := store.Open(store.Config{Path: path})
		must(t, err)
		for line := range acknowledged {
			what, text, _ := strings.Cut(line, " ")
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				t.Fatalf("round %d: the child says: %s", round, line)
			}
			s, c, err := db.Load(bg, store.Query{UserID: core.Integer(id), HasUser: true, Family: ours,
				HasFamily: true})
			ok := err == nil && c.ID == core.Integer(id)
			user := lastUser(t, db, c.ID)
			switch what {
			case "revoked":
				ok = ok && s.Family.Dead && user == "-"
			case "listed":
				ok = ok && (user != "-" || s.Family.Dead)
			case "used":
				ok = ok && (user == curl.Agent || s.Family.Dead)
			case "granted":
				ok = ok && slices.Equal(c.Permissions, []string{"customers.view_customer"})
			case "changed":
				ok = ok && s.CutOff > 0 && c.PasswordHash == "new" && !alive(t, db, sessionsOf(c.ID)[0], c) &&
					!alive(t, db, sessionsOf(c.ID)[1], c)
			case "begun":
				ok = ok && (alive(t, db, sessionsOf(c.ID)[1], c) || s.CutOff > 0)
			case "ended":
				ok = ok && !alive(t, db, sessionsOf(c.ID)[0], c)
			}
			if !ok {
				t.Errorf("round %d: %s is lost: %+v, %+v, %v", round, line, s, c, err)
			}
		}
		must(t, db.Close())
		if r, err := store.Check(path); err != nil || !r.Sound() {
			t.Errorf("round %d: Check = %v, %v", round, shown(r), err)
		}
	}
	t.Logf("%d acknowledgements", len(acknowledged))
}

// fillUp adds customers until the file may not grow, and goes on when it may again. What it prints is checked by
// TestNoRoom.
func fillUp(path, room string) {
	// The limit comes with a signal that would end the process.
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	check := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(2)
		}
	}
	check(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	db, err := store.Open(store.Config{Path: path})
	check(err)
	small := limit
	small.Cur, err = strconv.ParseUint(room, 10, 64)
	check(err)
	check(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	attributes := []byte(`{"a":"` + strings.Repeat("x", 10_000) + `"}`)
	added := 0
	add := func() error {
		_, err := db.Add(bg, store.NewCustomer{Email: fmt.Sprint(added), Attributes: attributes})
		if err == nil {
			added++
		}
		return err
	}
	for err == nil {
		err = add()
	}
	fmt.Println("full:", err)
	fmt.Println("unavailable:", errors.Is(err, store.ErrUnavailable))
	// Reading goes on, writing does not.
	healthy(db)
	n, err := db.Count(bg)
	fmt.Println("all there:", n == added && n > 5, err)
	fmt.Println("still full:", errors.Is(add(), store.ErrUnavailable))
	check(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	healthy(db)
	for range 200 {
		check(add())
	}
	n, err = db.Count(bg)
	fmt.Println("all there:", n == added, err)
	check(db.Close())
	os.Exit(0)
}

// Within the size that the file has already, writing a page fails; beyond it, growing the file.
func TestNoRoom(t *testing.T) {
	for _, c := range []struct {
		room int // bytes
		want string
	}{
		{256 << 10, "write PATH: file too large"},
		{1536 << 10, "file resize error: truncate PATH: file too large"},
	} {
		path := filepath.Join(t.TempDir(), "store.db")
		out, err := child(t, fmt.Sprintf("fill=%d", c.room), path).Output()
		if err != nil {
			t.Errorf("room for %d bytes: child: %v", c.room, err)
		}
		got := strings.ReplaceAll(string(out), path, "PATH")
		want := "full: store is unavailable: no room for the file: free some, or raise the quota or the limit of file sizes (" + c.want + `)
unavailable: true
all there: true <nil>
still full: true
all there: true <nil>
`
		if got != want {
			t.Errorf("room for %d bytes: child says:\n%s\nwant:\n%s", c.room, got, want)
		}
	}
}
