package httpwasm_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// injections are the places where a plug-in built with the tag panics can be told to panic (panics.go).
const injections = 5

// TestPanics sends 100,000 requests, of which a tenth has the plug-in panic: before and after the decision, in the
// middle of a verification, while it sets headers and while it refuses. Every other one gets its verdict, nothing of a
// panic is shown, and the instances live on.
func TestPanics(t *testing.T) {
	n := newNode(t, "EdDSA")
	n.publish(t, time.Hour, 13)
	h := open(t, tagged(t, "panics"), n.config(t), n.folder)
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	type question struct {
		token, user string
		status      int
	}
	questions := []question{{"", "", 401}, {n.token(t, 13, later.Add(-time.Minute), ""), "", 401}}
	for id := int64(100); id < 200; id++ {
		good := n.token(t, id, later, "")
		questions = append(questions, question{good, fmt.Sprint(id), 200}, question{n.token(t, id, past, ""), "", 401})
		if id%10 == 0 {
			questions = append(questions, question{good[:len(good)-4] + "AAAA", "", 401})
		}
	}
	const clients, each = 8, 100_000 / 8
	var panicked atomic.Int64
	var all sync.WaitGroup
	for client := range clients {
		random := rand.New(rand.NewPCG(1, uint64(client)))
		all.Go(func() {
			for range each {
				q := questions[random.IntN(len(questions))]
				headers, place := []string{"X-User-Id: 1"}, 0
				if q.token != "" {
					headers = append(headers, bearer(q.token)...)
				}
				if random.IntN(10) == 0 {
					place = 1 + random.IntN(injections)
					headers = append(headers, fmt.Sprint("X-Panic: ", place))
				}
				a := h.ask("/", headers...)
				body := a.Body.String()
				// A panic within Verify needs a signature that is not remembered, one while refusing a refusal.
				broken := a.Code == 503 && body == unavailable && place != 0
				meant := a.Code == q.status && (a.Code != 200 || strings.Contains(body, "X-User-Id: "+q.user+"\r\n"))
				switch {
				case broken:
					panicked.Add(1)
				case !meant, place == 1, place == 2, place == 3 && q.status == 200, place == 4 && q.status == 401:
					t.Errorf("panic %d, %+v: %d %.200s, want %d", place, q, a.Code, body, q.status)
					return
				}
				text := fmt.Sprint(a.Header(), body)
				if strings.Contains(text, "injected") || strings.Contains(text, "goroutine") {
					t.Errorf("a panic is shown: %s", text)
					return
				}
			}
		})
	}
	all.Wait()
	if n := panicked.Load(); n < 100_000/10/2 {
		t.Errorf("%d requests met a panic, want thousands", n)
	}
	// The pool of the host drops instances that lie idle, and makes new ones.
	if made := h.log.count("started"); made > 50*clients {
		t.Errorf("%d instances were made for %d clients", made, clients)
	} else {
		t.Logf("%d requests met a panic; %d instances were made", panicked.Load(), made)
	}
}
