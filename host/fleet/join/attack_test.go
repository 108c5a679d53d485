package join_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/store"
)

// thief has the link key of edge 2, which has joined, and the invitation that it used. It speaks HTTP by hand.
type thief struct {
	*testing.T
	*hub
	key   ed25519.PrivateKey
	token join.Token
	used  join.Request
}

func newThief(t *testing.T) *thief {
	x := &thief{T: t, hub: newHub(t)}
	x.key, x.token = key(t, "e", x.fleet.ID), x.invite(t, "fra-1")
	x.used = join.NewRequest(x.token, x.key, "", "integer", x.settings)
	if a, err := client(t, x.key, x.token).Join(t.Context(), x.used); err != nil || a.Number != 2 {
		t.Fatalf("Join = %+v, %v", a, err)
	}
	return x
}

// say sends a request over a link with a key. The caller closes the body of the answer.
func (x *thief) say(by ed25519.PrivateKey, method, path string, body []byte) *http.Response {
	x.Helper()
	tls, err := linktls.Edge(by, x.fleet.HubKey[:])
	if err != nil {
		x.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{TLSClientConfig: tls, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(x.Context(), method, "https://"+x.address+path, bytes.NewReader(body))
	if err != nil {
		x.Fatal(err)
	}
	r.Header.Set("X-Node", "3")
	answer, err := c.Do(r)
	if err != nil {
		x.Fatal(err)
	}
	return answer
}

// asks is say, and gives the status.
func (x *thief) asks(by ed25519.PrivateKey, method, path string, body []byte) int {
	x.Helper()
	answer := x.say(by, method, path, body)
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		x.Fatal(err)
	}
	return answer.StatusCode
}

// members are the numbers of those that are in the fleet.
func (x *thief) members() (list []uint16) {
	x.Helper()
	members, err := x.db.Members(x.Context())
	if err != nil {
		x.Fatal(err)
	}
	for _, m := range members {
		if m.Withdrawn == 0 {
			list = append(list, m.Number)
		}
	}
	return list
}

func (x *thief) withdraw() {
	x.Helper()
	err := x.db.UpdateMembers(x.Context(), func(have []store.Member) ([]store.Member, error) {
		have[1].Withdrawn = x.now.UnixMicro()
		return have[1:2], nil
	})
	if err != nil {
		x.Fatal(err)
	}
}

// soundJoins has a sound edge join, by its key and an invitation of its own.
func (x *thief) soundJoins() (sound ed25519.PrivateKey, theirs join.Token) {
	x.Helper()
	sound, theirs = key(x.T, "o", x.fleet.ID), x.invite(x.T, "")
	request := join.NewRequest(theirs, sound, "osl-1", "integer", x.settings)
	if status := x.asks(sound, http.MethodPost, join.JoinPath, x.body(request)); status != http.StatusOK {
		x.Fatalf("a sound edge joins: %d", status)
	}
	return sound, theirs
}

// body is a request to join as it crosses the wire.
func (x *thief) body(r join.Request) []byte {
	x.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		x.Fatal(err)
	}
	return b
}

// TestStolenEdgeReplaysItsInvitation: it is good for no second node, whoever says it over whatever link.
func TestStolenEdgeReplaysItsInvitation(t *testing.T) {
	x := newThief(t)
	second := key(t, "s", x.fleet.ID)
	other := join.NewRequest(x.token, second, "ams-1", "integer", x.settings)
	mixed := x.used // its own proof for the key of another node
	mixed.Key = other.Key
	for name, c := range map[string]struct {
		by      ed25519.PrivateKey
		request join.Request
		want    int
	}{
		"for another node":                 {second, other, http.StatusForbidden},
		"for another node, over its link":  {x.key, other, http.StatusBadRequest},
		"its request over another link":    {second, x.used, http.StatusBadRequest},
		"its proof for the key of another": {second, mixed, http.StatusBadRequest},
		"its own once more":                {x.key, x.used, http.StatusOK}, // it is number 2 as before
	} {
		if status := x.asks(c.by, http.MethodPost, join.JoinPath, x.body(c.request)); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if got := fmt.Sprint(x.members()); got != "[1 2]" {
		t.Errorf("the members are %s", got)
	}
}

// TestWithdrawnEdgeComesBack: neither by the invitation that it used, nor by one that another node used.
func TestWithdrawnEdgeComesBack(t *testing.T) {
	x := newThief(t)
	_, theirs := x.soundJoins()
	x.withdraw()
	second := key(t, "s", x.fleet.ID)
	for name, c := range map[string]struct {
		by    ed25519.PrivateKey
		token join.Token
	}{
		"its own invitation":                     {x.key, x.token},
		"its own invitation under another key":   {second, x.token},
		"that of a sound edge":                   {x.key, theirs},
		"that of a sound edge under another key": {second, theirs},
	} {
		request := join.NewRequest(c.token, c.by, "fra-1", "integer", x.settings)
		if status := x.asks(c.by, http.MethodPost, join.JoinPath, x.body(request)); status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	if status := x.asks(x.key, http.MethodGet, join.CopyPath, nil); status != http.StatusForbidden {
		t.Errorf("a copy: %d, want 403", status)
	}
	if got := fmt.Sprint(x.members()); got != "[1 3]" {
		t.Errorf("the members are %s", got)
	}
}

// TestStolenEdgeWantsMoreThanItsCopy: whatever it names, it gets what every edge gets: no private key, no invitation
// and no session of another node.
func TestStolenEdgeWantsMoreThanItsCopy(t *testing.T) {
	x := newThief(t)
	open := x.invite(t, "osl-1")
	err := x.db.UpdateKeys(t.Context(), func([]store.Key) (store.KeyUpdate, error) {
		k := store.Key{ID: "of the hub", Algorithm: "ES256", Public: []byte("public"), Origin: store.KeyGenerated,
			Node: 1, Added: x.now.Unix()}
		sealed := bytes.Repeat([]byte("sealed"), 20)
		return store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{k.ID: sealed}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"?node=3", "?number=1", "/3", "/../hub"} {
		answer := x.say(x.key, http.MethodGet, join.CopyPath+path, nil)
		b, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK {
			continue // there is no such path
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "copy")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(store.Config{Path: filepath.Join(dir, "store.db")})
		if err != nil {
			t.Fatal(err)
		}
		m := x.fleet
		m.Role = store.Edge
		if err := errors.Join(db.Enter(t.Context(), 2, 0, m), db.Adopt(t.Context(), file, true)); err != nil {
			t.Fatal(err)
		}
		list, err := db.Keys(t.Context())
		if err != nil || len(list) != 1 || list[0].Sealed {
			t.Errorf("%s: the copy has the keys %+v, %v", path, list, err)
		}
		if sealed, err := db.SealedKeys(t.Context()); err != nil || len(sealed) > 0 {
			t.Errorf("%s: the copy has private keys: %+v, %v", path, sealed, err)
		}
		if list, err := db.Invitations(t.Context()); err != nil || len(list) > 0 {
			t.Errorf("%s: the copy has invitations: %+v, %v", path, list, err)
		}
		digest := join.Digest(open.Secret)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "store.db")); err != nil || bytes.Contains(b, digest[:]) ||
			bytes.Contains(b, []byte("sealedsealed")) {
			t.Errorf("%s: secrets of the hub are in the file of the copy, %v", path, err)
		}
	}
}

// TestStolenEdgeAsksForCopies: it gets one at a time and few in a while, and others get theirs meanwhile.
func TestStolenEdgeAsksForCopies(t *testing.T) {
	x := newThief(t)
	sound, _ := x.soundJoins()
	first := &held{begun: make(chan struct{}, 1), goOn: make(chan struct{})}
	x.holds.Store(first)
	ended := make(chan int)
	go func() { ended <- x.asks(x.key, http.MethodGet, join.CopyPath, nil) }()
	<-first.begun
	for by, want := range map[*ed25519.PrivateKey]int{&x.key: http.StatusServiceUnavailable, &sound: http.StatusOK} {
		if status := x.asks(*by, http.MethodGet, join.CopyPath, nil); status != want {
			t.Errorf("while a copy is not taken one who asks for one gets %d, want %d", status, want)
		}
	}
	close(first.goOn)
	if status := <-ended; status != http.StatusOK {
		t.Errorf("the copy that was held: %d", status)
	}
	statuses := map[int]int{}
	for range 29 {
		statuses[x.asks(x.key, http.MethodGet, join.CopyPath, nil)]++
	}
	if statuses[http.StatusOK] != 9 || statuses[http.StatusTooManyRequests] != 20 {
		t.Errorf("29 further copies in a row are answered by %v", statuses)
	}
	if status := x.asks(sound, http.MethodGet, join.CopyPath, nil); status != http.StatusOK {
		t.Errorf("a sound edge gets %d", status)
	}
	x.now = x.now.Add(5 * time.Minute)
	if status := x.asks(x.key, http.MethodGet, join.CopyPath, nil); status != http.StatusOK {
		t.Errorf("five minutes later: %d", status)
	}
}
