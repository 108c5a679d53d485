package linktls_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

func key(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

func public(n byte) ed25519.PublicKey { return key(n).Public().(ed25519.PublicKey) }

// roster knows the key 2 as number 2 alone.
func roster(k ed25519.PublicKey) (uint16, bool) { return 2, k.Equal(public(2)) }

// meet has a client dial a server, which says hello to those it accepts. seen is the key that the server saw.
func meet(t *testing.T, server, client *tls.Config) (seen ed25519.PublicKey, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan ed25519.PublicKey, 1)
	go func() {
		defer close(done)
		plain, err := l.Accept()
		if err != nil {
			return
		}
		defer plain.Close()
		c := tls.Server(plain, server)
		if c.Handshake() != nil {
			return
		}
		state := c.ConnectionState()
		peer, _ := linktls.PeerKey(&state)
		done <- peer
		c.Write([]byte("hello"))
	}()
	plain, err := net.DialTimeout("tcp", l.Addr().String(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	c := tls.Client(plain, client)
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil { // TLS 1.3: a refusal comes with the first read
		return nil, err
	}
	return <-done, nil
}

func made(t *testing.T) func(c *tls.Config, err error) *tls.Config {
	return func(c *tls.Config, err error) *tls.Config {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func TestHandshakes(t *testing.T) {
	must := made(t)
	members, anyone := must(linktls.Members(key(1), roster)), must(linktls.Anyone(key(1)))
	old := must(linktls.Edge(key(2), public(1)))
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	cases := []struct {
		name           string
		server, client *tls.Config
		seen           ed25519.PublicKey
		refused        bool
	}{
		{"a member at members'", members, must(linktls.Edge(key(2), public(1))), public(2), false},
		{"an unknown key at members'", members, must(linktls.Edge(key(3), public(1))), nil, true},
		{"no certificate at members'", members, must(linktls.Stranger(public(1))), nil, true},
		{"another's certificate without its key", members, stolen(t, key(2), key(3)), nil, true},
		{"ECDSA at members'", members, ecdsaClient(t), nil, true},
		{"TLS 1.2", members, old, nil, true},
		{"a member at anyone's", anyone, must(linktls.Edge(key(2), public(1))), public(2), false},
		{"an unknown key at anyone's", anyone, must(linktls.Edge(key(3), public(1))), public(3), false},
		{"no certificate at anyone's", anyone, must(linktls.Stranger(public(1))), nil, false},
		{"ECDSA at anyone's", anyone, ecdsaClient(t), nil, true},
		{"a member meets a false hub", members, must(linktls.Edge(key(2), public(9))), nil, true},
		{"a stranger meets a false hub", anyone, must(linktls.Stranger(public(9))), nil, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			seen, err := meet(t, c.server, c.client)
			if (err != nil) != c.refused {
				t.Errorf("err = %v, want refused %v", err, c.refused)
			}
			if !bytes.Equal(seen, c.seen) {
				t.Errorf("the server saw the key %x, want %x", seen, c.seen)
			}
		})
	}
}

// stolen is a client with the certificate of one key and another key.
func stolen(t *testing.T, certificate, key ed25519.PrivateKey) *tls.Config {
	must := made(t)
	c := must(linktls.Edge(certificate, public(1)))
	c.Certificates[0].PrivateKey = key
	return c
}

func ecdsaClient(t *testing.T) *tls.Config {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{InsecureSkipVerify: true,
		Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: k}}}
}

func TestKeysHaveTheirLength(t *testing.T) {
	if _, err := linktls.Edge(key(1), nil); !errors.Is(err, linktls.ErrKey) {
		t.Errorf("Edge with no hub key: %v, want ErrKey", err)
	}
	if _, err := linktls.Stranger(make([]byte, 31)); !errors.Is(err, linktls.ErrKey) {
		t.Errorf("Stranger with a short hub key: %v, want ErrKey", err)
	}
	if _, err := linktls.Anyone(nil); !errors.Is(err, linktls.ErrKey) {
		t.Errorf("Anyone without a key: %v, want ErrKey", err)
	}
}

func TestPeerKeyOfNoTLS(t *testing.T) {
	if k, ok := linktls.PeerKey(nil); ok || k != nil {
		t.Errorf("PeerKey(nil) = %x, %v", k, ok)
	}
}
