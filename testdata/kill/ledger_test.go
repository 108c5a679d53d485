package kill_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// ledger is what the node acknowledged.
type ledger struct {
	mu          sync.Mutex
	customers   []int
	logins      map[int]span // by customer
	blacklisted []string     // refresh tokens
}

// span is when a log-in was asked for and answered; its last_login lies between them.
type span struct{ from, to time.Time }

func (l *ledger) customer(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.customers = append(l.customers, id)
}

func (l *ledger) login(id int, from, to time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logins == nil {
		l.logins = map[int]span{}
	}
	l.logins[id] = span{from, to}
}

func (l *ledger) blacklisting(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blacklisted = append(l.blacklisted, token)
}

// check asks the node for all that was acknowledged until now.
func (l *ledger) check(t *testing.T, n *node) {
	l.mu.Lock()
	customers, logins, blacklisted := slices.Clone(l.customers), maps.Clone(l.logins), slices.Clone(l.blacklisted)
	l.mu.Unlock()

	for _, id := range customers {
		var me struct {
			ID        int
			LastLogin *time.Time `json:"last_login"`
		}
		status, err := n.get("/customers/me/", issue("access", id), &me)
		if err != nil || status != http.StatusOK || me.ID != id {
			t.Errorf("customer %d was added, but /customers/me/ answers status %d, id %d, %v", id, status, me.ID, err)
			continue
		}
		in, loggedIn := logins[id]
		if !loggedIn {
			continue
		}
		// last_login has microseconds.
		if me.LastLogin == nil || me.LastLogin.Before(in.from.Truncate(time.Microsecond)) || me.LastLogin.After(in.to) {
			t.Errorf("customer %d logged in between %v and %v, but last_login is %v", id, in.from, in.to, me.LastLogin)
		}
	}
	for _, token := range blacklisted {
		var answer struct{ Detail string }
		status, err := n.postOnce("/auth/token/refresh/", map[string]string{"refresh": token}, &answer)
		if err != nil || status != http.StatusUnauthorized || answer.Detail != "Token is blacklisted" {
			t.Errorf("a refresh token was blacklisted, but a refresh with it answers status %d, %q, %v", status,
				answer.Detail, err)
		}
	}
}

// signingKey is what the node is configured with.
const signingKey = "a signing key of this test, long enough for HS256"

// issue is a token with an id of another make than the node's own: a random UUIDv4, valid for an hour.
func issue(tokenType string, customer int) string {
	var id [16]byte
	rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562 §5.4
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"token_type": tokenType, "exp": now + 3600, "iat": now, "jti": fmt.Sprintf("%x", id),
		"user_id": fmt.Sprint(customer),
	})
	if err != nil {
		panic(err)
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
