package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	slowClients   = 1000
	honestClients = 64
)

// slow measures honest clients without and with slow ones beside them.
func slow() {
	address, process, stop := start("node")
	defer stop()
	pid := process.Process.Pid
	token := login(address, 0)
	honest(address, token, 2*time.Second) // warms up
	without := honest(address, token, *lasts)
	idle := anonymous(pid)

	ends := make(chan struct{})
	var open sync.WaitGroup
	var connected atomic.Int64
	for i := range slowClients {
		open.Go(func() { dribble(address, i, &connected, ends) })
	}
	time.Sleep(3 * time.Second)
	with := honest(address, token, *lasts)
	early := anonymous(pid)
	honest(address, token, *lasts)
	late := anonymous(pid)
	close(ends)
	open.Wait()
	fmt.Printf("honest alone:            %s\nhonest beside %d slow: %s\n", without, slowClients, with)
	fmt.Printf("p99 ratio %.2f (2 wanted); slow connections made in all: %d\n",
		float64(with.at(99))/float64(without.at(99)), connected.Load())
	fmt.Printf("anonymous memory of the node: %d MiB alone, %d after %s beside slow ones, %d after as much again\n",
		idle>>10, early>>10, *lasts, late>>10)
}

// dribble sends a request a byte a second, its header or its body, and another one on a new connection once it is cut
// off.
func dribble(address string, i int, connected *atomic.Int64, ends <-chan struct{}) {
	request := "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "
	if i%2 == 1 {
		request = "POST /auth/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: " +
			"application/json\r\nContent-Length: 1000\r\n\r\n{"
	}
	for {
		conn, err := net.Dial("tcp", address)
		check(err)
		connected.Add(1)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		_, err = io.WriteString(conn, request)
		for err == nil {
			select {
			case <-ends:
				_ = conn.Close()
				return
			case <-time.After(time.Second):
				_, err = conn.Write([]byte("x"))
			}
		}
		_ = conn.Close()
	}
}

// honest clients ask one after the other, each on a connection of its own.
func honest(address, token string, lasts time.Duration) latencies {
	var mu sync.Mutex
	var took latencies
	var all sync.WaitGroup
	ends := time.Now().Add(lasts)
	for range honestClients {
		all.Go(func() {
			c := client()
			var mine latencies
			for time.Now().Before(ends) {
				began := time.Now()
				ask(c, address, token)
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}
