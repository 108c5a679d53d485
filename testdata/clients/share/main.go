// Share has processes share one session in a network that loses a tenth of all requests and a tenth of all answers, and
// says what became of it:
//
//	share [flags] WORKER [ARGUMENT…]
//
// WORKER is testdata/clients/worker, or node with worker.mjs; it gets -server, -storage, -for and what is after --. The
// server has a customer of the name and password in CLIENT_NAME and CLIENT_PASSWORD, and access tokens that last for
// -life. The command fails if more sessions were lost than -lost, or there were more refreshes than -most for each
// process and access token.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// network is a proxy that loses a tenth of all requests and a tenth of all answers.
type network struct {
	to        *httputil.ReverseProxy
	refreshes atomic.Int64 // that arrived
}

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rand.IntN(10) == 0 {
		<-r.Context().Done()
		return
	}
	if strings.HasSuffix(r.URL.Path, "/refresh/") {
		n.refreshes.Add(1)
	}
	if rand.IntN(10) == 0 { // the server gets the request, and nobody its answer
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 30*time.Second)
		defer cancel()
		n.to.ServeHTTP(nowhere{}, r.WithContext(ctx))
		<-r.Context().Done()
		return
	}
	n.to.ServeHTTP(w, r)
}

// nowhere is where a lost answer goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

type options struct {
	server    *url.URL
	login     string
	field     string
	processes int
	life      time.Duration
	lasts     time.Duration
	worker    []string
}

// outcome is the sum of what the workers saw, by name.
type outcome map[string]int64

func main() {
	server := flag.String("server", "http://127.0.0.1:8000", "URL of the server")
	lost := flag.Int64("lost", 0, "sessions that may be lost; -1: any number")
	most := flag.Float64("most", 1.2, "refreshes for each process and access token that may be; 0: any number")
	var o options
	flag.IntVar(&o.processes, "processes", 8, "workers")
	flag.StringVar(&o.login, "login", "/auth/token/", "path of the log-in")
	flag.StringVar(&o.field, "field", "email", "the member of a log-in that names the customer")
	flag.DurationVar(&o.life, "life", 2*time.Second, "ACCESS_TOKEN_LIFETIME")
	flag.DurationVar(&o.lasts, "for", 10*time.Minute, "how long")
	flag.Parse()
	var err error
	if o.server, err = url.Parse(*server); err != nil {
		log.Fatal(err)
	}
	o.worker = flag.Args()
	if len(o.worker) == 0 {
		log.Fatal("name a worker")
	}
	sum, refreshes, err := run(o)
	if err != nil {
		log.Fatal(err)
	}
	each := float64(refreshes) / float64(o.processes) / (float64(o.lasts) / float64(o.life))
	fmt.Printf("%d processes, %v: %d answered, %d not, %d wrong, %d sessions lost, %d refreshes: "+
		"%.2f a process and token\n", o.processes, o.lasts, sum["answered"], sum["unanswered"], sum["wrong"],
		sum["lost"], refreshes, each)
	if *lost >= 0 && sum["lost"] > *lost || *most > 0 && each > *most || sum["wrong"] > 0 || sum["answered"] == 0 {
		os.Exit(1)
	}
}

// run runs the workers.
func run(o options) (sum outcome, refreshes int64, err error) {
	directory, err := os.MkdirTemp("", "share-")
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	session := filepath.Join(directory, "session")
	if err := o.begin(session); err != nil {
		return nil, 0, err
	}
	n := &network{to: httputil.NewSingleHostReverseProxy(o.server)}
	n.to.ErrorLog = log.New(nothing{}, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, 0, err
	}
	proxy := &http.Server{Handler: n, ReadHeaderTimeout: time.Minute}
	go func() { _ = proxy.Serve(listener) }()
	defer proxy.Close()
	arguments := append(o.worker[1:], "--server", "http://"+listener.Addr().String(),
		"--storage", session, "--for", fmt.Sprintf("%ds", int(o.lasts.Seconds())))
	var work sync.WaitGroup
	outcomes, failures := make([]outcome, o.processes), make([]error, o.processes)
	for i := range o.processes {
		work.Go(func() { outcomes[i], failures[i] = worker(o.worker[0], arguments) })
	}
	work.Wait()
	sum = outcome{}
	for _, one := range outcomes {
		for name, count := range one {
			sum[name] += count
		}
	}
	return sum, n.refreshes.Load(), errors.Join(failures...)
}

// begin logs in, and stores the tokens where all workers find them.
func (o options) begin(path string) error {
	body, err := json.Marshal(map[string]string{o.field: os.Getenv("CLIENT_NAME"),
		"password": os.Getenv("CLIENT_PASSWORD")})
	if err != nil {
		return err
	}
	answer, err := http.Post(o.server.JoinPath(o.login).String(), "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	tokens, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("log-in: %s %s", answer.Status, tokens), err)
	}
	return os.WriteFile(path, tokens, 0o600)
}

// worker runs one.
func worker(name string, arguments []string) (seen outcome, err error) {
	var out bytes.Buffer
	command := exec.Command(name, arguments...)
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return nil, err
	}
	return seen, json.Unmarshal(out.Bytes(), &seen)
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }
