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

// rounds is how often each figure is taken, in turns with those it is compared with; the medians count.
const rounds = 3

// storm measures token checks without and with a storm of log-ins, and log-ins beside hashing alone.
func storm() {
	address, process, stop := start("node")
	defer stop()
	token := login(address, 0)
	checks(address, token, 2*time.Second) // warms up
	ended, memory := make(chan struct{}), make(chan int)
	go func() { memory <- peak(process.Process.Pid, ended) }()

	var alone, beside, p99 []float64
	for range rounds {
		bare := hashes(nil)
		rate := logins(address, *lasts)
		fmt.Printf("log-ins, %d clients: %.1f/s; argon2.IDKey alone: %.1f/s\n", stormClients, rate, bare)
		alone = append(alone, rate/bare)

		without := checks(address, token, *lasts)
		rates := make(chan float64)
		go func() { rates <- logins(address, *lasts+2*time.Second) }()
		time.Sleep(time.Second)
		with := checks(address, token, *lasts)
		rate = <-rates
		bare = hashes(func() { checks(address, token, *lasts+time.Second) })
		fmt.Printf("checks alone:        %s\nchecks in the storm: %s\n", without, with)
		fmt.Printf("log-ins meanwhile: %.1f/s; argon2.IDKey beside the same checks: %.1f/s\n", rate, bare)
		p99 = append(p99, float64(with.at(99))/float64(without.at(99)))
		beside = append(beside, rate/bare)
	}
	close(ended)
	fmt.Printf("medians of %d rounds: log-ins against argon2.IDKey %.3f alone, %.3f beside checks (0.95 wanted); p99 "+
		"of checks in the storm %.1f x (15 wanted)\n",
		rounds, median(alone), median(beside), median(p99))
	fmt.Printf("anonymous memory of the node and of its hashing processes, at most: %d MiB\n", <-memory>>10)
}

// hashes is how many hashes argon2.IDKey makes in a second, in a process of its own, while do is done.
func hashes(do func()) float64 {
	rate := make(chan float64)
	go func() {
		line, _, _ := start("bare")
		r, err := strconv.ParseFloat(line, 64)
		check(err)
		rate <- r
	}()
	if do != nil {
		do()
	}
	return <-rate
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
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
				answer, err := c.Post("http://"+address+"/auth/token/", "application/json",
					strings.NewReader(loginBody(i)))
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
	return fmt.Sprintf("%d, p50 %s, p99 %s, longest %s", len(l), l.at(50).Round(time.Microsecond),
		l.at(99).Round(time.Microsecond),
		l[len(l)-1].Round(time.Microsecond))
}

// checks asks who the token's customer is, 500 times a second whatever the answers take, and gives how long they took
// from when they were due.
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

// peak is the most anonymous memory that a process and its children had until ended, in KiB.
func peak(pid int, ended <-chan struct{}) (most int) {
	for {
		now := anonymous(pid)
		for _, child := range children(pid) {
			now += anonymous(child)
		}
		most = max(most, now)
		select {
		case <-ended:
			return most
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// children are the processes that a process has started; none where the system does not tell.
func children(pid int) (ids []int) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	for _, t := range threads {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(list)) {
			id, err := strconv.Atoi(f)
			check(err)
			ids = append(ids, id)
		}
	}
	return ids
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
