//go:build !nofleet

package natslane_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/natslane"
	"github.com/edgetoken/edgetoken/testdata/ports"
)

// authority is the certificate authority of the clusters in these tests. Clients find it among the system's roots.
var authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// TestMain makes the authority before anything has read the system's roots.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "natslane-")
	if err == nil {
		err = makeAuthority(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func makeAuthority(dir string) (err error) {
	a := &authority
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &a.key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	file := filepath.Join(dir, "roots.pem")
	if err := os.Setenv("SSL_CERT_FILE", file); err != nil {
		return err
	}
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// serverTLS is what a server of a cluster shows.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, authority.certificate, &key.PublicKey, authority.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion: tls.VersionTLS12}
}

// cluster is a NATS cluster that an operator has, with an account for the fleet shop and a user for each node.
type cluster struct {
	*testing.T
	operator, account nkeys.KeyPair
	resolver          server.MemAccResolver
	clients, routes   [3]string // where each server listens
	servers           [3]*server.Server
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{T: t}
	for i := range c.clients {
		for _, at := range []*string{&c.clients[i], &c.routes[i]} {
			address, err := ports.Address()
			if err != nil {
				t.Fatal(err)
			}
			*at = address
		}
	}
	c.operator, c.account = keyPair(t, nkeys.CreateOperator), keyPair(t, nkeys.CreateAccount)
	name := public(t, c.account)
	token, err := jwt.NewAccountClaims(name).Encode(c.operator)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.resolver.Store(name, token); err != nil {
		t.Fatal(err)
	}
	return c
}

func keyPair(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	k, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(t *testing.T, k nkeys.KeyPair) string {
	t.Helper()
	p, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// start starts a server of the cluster.
func (c *cluster) start(i int) {
	c.Helper()
	host, port := split(c.T, c.clients[i])
	_, clusterPort := split(c.T, c.routes[i])
	o := &server.Options{ServerName: fmt.Sprint("n", i), Host: host, Port: port,
		TLSConfig: serverTLS(c.T), TLS: true, TLSTimeout: 30, AuthTimeout: 60,
		TrustedKeys: []string{public(c.T, c.operator)}, AccountResolver: &c.resolver,
		Cluster: server.ClusterOpts{Name: "et", Host: host, Port: clusterPort}}
	for _, route := range c.routes {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: route})
	}
	c.servers[i] = lanetest.NATS(c.T, o)
}

func split(t *testing.T, address string) (host string, port int) {
	t.Helper()
	host, digits, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(digits)
	}
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func (c *cluster) kill(i int) {
	if s := c.servers[i]; s != nil {
		s.Shutdown()
		s.WaitForShutdown()
		c.servers[i] = nil
	}
}

// user makes a file of credentials for a user with these permissions.
func (c *cluster) user(publish, subscribe []string) (file string) {
	c.Helper()
	k := keyPair(c.T, nkeys.CreateUser)
	claims := jwt.NewUserClaims(public(c.T, k))
	claims.Pub.Allow.Add(publish...)
	claims.Sub.Allow.Add(subscribe...)
	token, err := claims.Encode(c.account)
	if err != nil {
		c.Fatal(err)
	}
	seed, err := k.Seed()
	if err != nil {
		c.Fatal(err)
	}
	b, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		c.Fatal(err)
	}
	file = filepath.Join(c.TempDir(), "user.creds")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		c.Fatal(err)
	}
	return file
}

// edgeUser is the user of an edge, as docs/fleet.md has operators make it.
func (c *cluster) edgeUser(n int) string {
	c.Helper()
	return c.user(
		[]string{fmt.Sprint("et.shop.up.", n), fmt.Sprint("et.shop.fetch.", n), fmt.Sprint("et.shop.hub.", n),
			"et.shop.home.*", fmt.Sprintf("et.shop.inbox.*.%d.>", n)},
		[]string{"et.shop.log", fmt.Sprint("et.shop.home.", n), fmt.Sprintf("et.shop.inbox.%d.>", n)})
}

// addresses are those of servers, as fleet.servers has them.
func (c *cluster) addresses(list ...int) (addresses []string) {
	for _, i := range list {
		addresses = append(addresses, "tls://"+c.clients[i])
	}
	return addresses
}

// asks reports whether a question gets an answer.
func asks(want string, ask func(context.Context) ([]byte, error)) func() bool {
	return func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		answer, err := ask(ctx)
		return err == nil && string(answer) == want
	}
}

// TestCluster: hub and edges at different servers of a cluster of somebody else, with a user each. When a server ends,
// those who were at it go to another one, and the fleet goes on.
func TestCluster(t *testing.T) {
	c := newCluster(t)
	c.start(0)
	hub, err := natslane.NewHub(natslane.HubConfig{Fleet: "shop", Servers: c.addresses(0, 1),
		Credentials: c.user([]string{"et.shop.>"}, []string{"et.shop.>"})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hub.Close() })
	c.start(1)
	stolen := c.edgeUser(2)
	near := c.edge(2, stolen, 1, 2)
	lanetest.Until(t, "edge 2 is linked", near.Connected)
	c.start(2)
	far := c.edge(3, c.edgeUser(3), 2)
	lanetest.Until(t, "edge 3 is linked", far.Connected)
	for i, s := range c.servers {
		if n := s.NumClients(); n != 1 {
			t.Fatalf("server %d has %d clients, want one each", i, n)
		}
	}

	var forged atomic.Int64
	echo := func(kind string) func(context.Context, uint16, []byte) []byte {
		return func(_ context.Context, from uint16, body []byte) []byte {
			if string(body) == forgery {
				forged.Add(1)
			}
			return fmt.Appendf(nil, "%s %d %s", kind, from, body)
		}
	}
	if err := hub.Serve(lane.Handler{Send: echo("up"), Fetch: echo("fetch"), Ask: echo("ask")}); err != nil {
		t.Fatal(err)
	}
	batches := make(chan string, 1000)
	go far.Follow(t.Context(), func(b []byte) { batches <- string(b) })
	works := func(when string) {
		t.Helper()
		until := func(what string, holds func() bool) {
			t.Helper()
			lanetest.Until(t, what+" "+when, holds)
		}
		began := time.Now()
		for n, e := range map[uint16]*natslane.Edge{2: near, 3: far} {
			until("send", asks(fmt.Sprintf("up %d x", n), func(ctx context.Context) ([]byte, error) {
				return e.Send(ctx, []byte("x"))
			}))
			until("fetch", asks(fmt.Sprintf("fetch %d x", n), func(ctx context.Context) ([]byte, error) {
				return e.Fetch(ctx, []byte("x"))
			}))
			until("ask", asks(fmt.Sprintf("ask %d x", n), func(ctx context.Context) ([]byte, error) {
				return e.Ask(ctx, 1, []byte("x"))
			}))
			until("the hub asks", asks(fmt.Sprintf("home %d", n), func(ctx context.Context) ([]byte, error) {
				return hub.Ask(ctx, n, nil)
			}))
			other := 5 - n
			until("an edge asks another", asks(fmt.Sprintf("home %d", other),
				func(ctx context.Context) ([]byte, error) { return e.Ask(ctx, other, nil) }))
		}
		until("a batch arrives", func() bool {
			_ = hub.Publish([]byte(when))
			select {
			case got := <-batches:
				return got == when
			case <-time.After(20 * time.Millisecond):
				return false
			}
		})
		t.Logf("all works %s after %v", when, time.Since(began).Round(time.Millisecond))
	}
	works("at first")
	c.robs(stolen, near, far, batches)
	if n := forged.Load(); n > 0 {
		t.Errorf("%d forged messages reached the hub", n)
	}

	c.kill(0) // that of the hub
	works("without the server of the hub")
	c.start(0)
	c.kill(1) // where the hub is now, and edge 2 was
	works("without another server")

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := hub.Ask(ctx, 9, nil); !errors.Is(err, lane.ErrNobody) {
		t.Errorf("a node that is not there: %v", err)
	}
	hub.Drop(2) // does nothing there: the operator removes the user
}

// edge connects an edge that answers as a home.
func (c *cluster) edge(n uint16, credentials string, servers ...int) *natslane.Edge {
	c.Helper()
	e, err := natslane.NewEdge(natslane.EdgeConfig{Fleet: "shop", Number: n, Servers: c.addresses(servers...),
		Credentials: credentials})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { e.Close() })
	e.Answer(func(context.Context, []byte) []byte { return fmt.Append(nil, "home ", n) })
	return e
}

// forgery is what a user sends who is somebody else.
const forgery = "forged"

// robs has the user of edge 2 try what only others may.
func (c *cluster) robs(stolen string, near, far *natslane.Edge, batches chan string) {
	c.Helper()
	var refused atomic.Int64
	nc, err := nats.Connect(c.addresses(1)[0], nats.UserCredentials(stolen),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) { refused.Add(1) }))
	if err != nil {
		c.Fatal(err)
	}
	defer nc.Close()
	var heard atomic.Int64
	for _, subject := range []string{"et.shop.>", "et.shop.up.3", "et.shop.home.3", "et.shop.inbox.3.>", ">"} {
		if _, err := nc.Subscribe(subject, func(*nats.Msg) { heard.Add(1) }); err != nil {
			c.Error(err)
		}
	}
	for _, subject := range []string{"et.shop.log", "et.shop.up.3", "et.shop.hub.3", "et.shop.inbox.3.1.x"} {
		if err := nc.Publish(subject, []byte(forgery)); err != nil {
			c.Error(err)
		}
	}
	if err := nc.Flush(); err != nil {
		c.Fatal(err)
	}
	lanetest.Until(c.T, "the server has refused all nine", func() bool { return refused.Load() >= 9 })
	lanetest.Until(c.T, "another edge asks", asks("ask 3 x", func(ctx context.Context) ([]byte, error) {
		return far.Ask(ctx, 1, []byte("x"))
	}))
	lanetest.Until(c.T, "and is asked", asks("home 3", func(ctx context.Context) ([]byte, error) {
		return near.Ask(ctx, 3, nil)
	}))
	if heard.Load() > 0 || len(batches) > 0 {
		c.Errorf("edge 2 heard %d messages of others, and %d batches were forged", heard.Load(), len(batches))
	}
}
