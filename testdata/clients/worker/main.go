// Worker uses a session that it shares with other processes, by host/client, until its time is over. It logs in where
// the session is lost, and says what it saw as a line of JSON. testdata/clients/share starts it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// seen is what a worker saw.
type seen struct {
	Answered   atomic.Int64 // requests that were answered with 200
	Unanswered atomic.Int64 // requests that the network lost, or that the server had no time for
	Wrong      atomic.Int64 // requests with any other answer
	Lost       atomic.Int64 // sessions that the server ended
}

func main() {
	server := flag.String("server", "", "URL of the server")
	storage := flag.String("storage", "", "file of the session")
	paths := flag.String("paths", "", "prefix of simplejwt's paths; none: those of edgetoken")
	use := flag.String("use", "/customers/me/", "path that is asked for")
	loops := flag.Int("loops", 50, "goroutines")
	lasts := flag.Duration("for", time.Minute, "how long")
	flag.Parse()
	var s seen
	cfg := client.Config{Server: *server, Storage: client.File(*storage), OnLogout: func(l client.Logout) {
		if l.Reason == client.Refused {
			s.Lost.Add(1)
			log.Printf("the session is lost: %s %s", l.Cause, l.Detail)
		}
	}}
	if *paths != "" {
		cfg.Paths = client.Paths{Login: *paths, Refresh: *paths + "refresh/", Blacklist: *paths + "blacklist/"}
	}
	c, err := client.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	var work sync.WaitGroup
	end := time.Now().Add(*lasts)
	for range *loops {
		work.Go(func() {
			for time.Now().Before(end) {
				s.note(ask(c, *server+*use))
				time.Sleep(time.Second/2 + rand.N(time.Second))
			}
		})
	}
	work.Wait()
	c.Close()
	err = json.NewEncoder(os.Stdout).Encode(map[string]int64{"answered": s.Answered.Load(),
		"unanswered": s.Unanswered.Load(), "wrong": s.Wrong.Load(), "lost": s.Lost.Load()})
	if err != nil {
		log.Fatal(err)
	}
}

// ask asks once, and logs in if nobody is logged in.
func ask(c *client.Client, address string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	answer, err := c.RoundTrip(request)
	if errors.Is(err, client.ErrLoggedOut) {
		return 0, c.Login(ctx, os.Getenv("CLIENT_NAME"), os.Getenv("CLIENT_PASSWORD"))
	}
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

func (s *seen) note(status int, err error) {
	switch {
	case err != nil || status == 0 || status >= http.StatusInternalServerError:
		s.Unanswered.Add(1)
	case status == http.StatusOK:
		s.Answered.Add(1)
	default:
		s.Wrong.Add(1)
		log.Printf("a request is answered with %d", status)
	}
}
