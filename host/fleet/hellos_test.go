package fleet_test

import (
	"sync"
	"testing"
	"time"
)

// TestAnswersThatWaitDelayNoHello: the hub answers a refresh once an edge says that it has the change. However many
// customers wait for that, over a lane that asks only so much at a time, the edge goes on to say hello.
func TestAnswersThatWaitDelayNoHello(t *testing.T) {
	inWorld(t, 1, settings, func(w *world) {
		n := w.edges[0]
		n.kill()
		n.turns = make(chan struct{}, 2)
		n.open()
		n.start()
		w.sleep(2 * time.Second)
		w.hub.answers(func(_ uint16, request []byte) ([]byte, error) {
			time.Sleep(time.Second)
			return request, nil
		})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for range 5 {
					_, _ = n.edge.AskHome(w.ctx, 1, []byte("a refresh"))
				}
			})
		}
		for range 40 {
			w.sleep(100 * time.Millisecond)
			if age := n.edge.Age(); age > time.Second {
				t.Errorf("what the edge knows is %v old", age)
				break
			}
		}
		all.Wait()
		w.sleep(3 * time.Second) // what was given up ends
	})
}
