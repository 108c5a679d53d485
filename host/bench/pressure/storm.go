package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	stormClients = 64
	checkEvery   = 2 * time.Millisecond // 500 a second
)

// storm measures token checks without and with a storm of log-ins, and log-ins beside hashing alone.
func storm() {
	address, process, stop := start("node")
	defer stop()
	token := login(address, 0)
	checks(address, token, 2*time.Second) // warms up
	without := checks(address, token, *lasts)

	line, _, _ := start("bare")
	alone, err := strconv.ParseFloat(line, 64)
	check(err)

	ended, memory := make(chan struct{}), make(chan int)
	go func() { memory <- peak(process.Process.Pid, ended) }()
	rate := logins(address, *lasts)
	fmt.Printf("log-ins, %d clients: %.1f/s; argon2.IDKey alone: %.1f/s; ratio %.3f (0.95 wanted)\n", stormClients, rate, alone, rate/alone)

	rates := make(chan float64)
	go func() { rates <- logins(address, *lasts+2*time.Second) }()
	time.Sleep(time.Second)
	with := checks(address, token, *lasts)
	rate = <-rates
	close(ended)
	fmt.Printf("checks alone:        %s\nchecks in the storm: %s\n", without, with)
	fmt.Printf("p99 ratio %.1f (15 wanted); log-ins meanwhile %.1f/s, ratio %.3f\n", float64(with.at(99))/float64(without.at(99)), rate, rate/alone)

	beside := make(chan string)
	go func() {
		line, _, _ := start("bare")
		beside <- line
	}()
	time.Sleep(time.Second)
	checks(address, token, *lasts)
	alone, err = strconv.ParseFloat(<-beside, 64)
	check(err)
	fmt.Printf("argon2.IDKey in a process beside the same checks: %.1f/s; ratio %.3f\n", alone, rate/alone)
	fmt.Printf("anonymous memory of the node, at most: %d MiB\n", <-memory>>10)
}

// client has as many connections as it needs.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: time.Minute}
}

// login logs a customer in and gives the access token.
func login(address string, i int) string {
	answer, err := http.Post("http://"+address+"/auth/token/", "application/json", strings.NewReader(loginBody(i)))
	check(err)
	defer answer.Body.Close()
	var pair struct{ Access string }
	check(json.NewDecoder(answer.Body).Decode(&pair))
	return pair.Access
}

func loginBody(i int) string { return fmt.Sprintf(`{"email":%q,"password":"right"}`, email(i)) }

// logins logs in all customers again and again, and gives how many log-ins there were in a second.
func logins(address string, lasts time.Duration) float64 {
	var done atomic.Int64
	var all sync.WaitGroup
	c, ends := client(), time.Now().Add(lasts)
	for i := range stormClients {
		all.Go(func() {
			for time.Now().Before(ends) {
				answer, err := c.Post("http://"+address+"/auth/token/", "application/json", strings.NewReader(loginBody(i)))
				check(err)
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode == http.StatusOK {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / lasts.Seconds()
}

// latencies are sorted.
type latencies []time.Duration

func (l latencies) at(percent int) time.Duration { return l[(len(l)-1)*percent/100] }

func (l latencies) String() string {
	return fmt.Sprintf("%d, p50 %s, p99 %s, longest %s", len(l), l.at(50).Round(time.Microsecond), l.at(99).Round(time.Microsecond),
		l[len(l)-1].Round(time.Microsecond))
}

// checks asks who the token's customer is, 500 times a second whatever the answers take, and gives how long they took from when they were due.
func checks(address, token string, lasts time.Duration) latencies {
	c, began := client(), time.Now()
	took := make([]time.Duration, int(lasts/checkEvery))
	var all sync.WaitGroup
	for i := range took {
		due := began.Add(time.Duration(i) * checkEvery)
		time.Sleep(time.Until(due))
		all.Go(func() {
			ask(c, address, token)
			took[i] = time.Since(due)
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}

func ask(c *http.Client, address, token string) {
	request, err := http.NewRequest("GET", "http://"+address+"/customers/me/", nil)
	check(err)
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.Do(request)
	check(err)
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		check(fmt.Errorf("check: %s (%v)", answer.Status, err))
	}
}

// peak is the most anonymous memory that a process had until ended, in KiB.
func peak(pid int, ended <-chan struct{}) (most int) {
	for {
		most = max(most, anonymous(pid))
		select {
		case <-ended:
			return most
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// anonymous is RssAnon of a process, in KiB; 0 where the system does not tell.
func anonymous(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("RssAnon:"))
	fields := bytes.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(string(fields[0]))
	return kib
}
