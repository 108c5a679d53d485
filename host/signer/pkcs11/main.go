// Command pkcs11 signs for a node with keys in a PKCS #11 device, such as an HSM, a smart card or SoftHSM. It speaks
// the protocol of docs/signer.md. The private keys never leave the device.
//
//	softhsm2-util --init-token --free --label shop --so-pin 1234 --pin 1234
//	pkcs11 --module /usr/lib/softhsm/libsofthsm2.so --token shop --pin-file pin --listen kms.sock --make 2026-11=ES256
//
// Each argument is the label of a key pair and, after "=", its algorithm. With --make those are made that are missing.
//
// It is a module of its own, since the library that it links (github.com/ThalesGroup/crypto11) needs a C compiler.
package main

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ThalesGroup/crypto11"

	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/signer"
)

func main() {
	var o options
	flag.StringVar(&o.module, "module", "", "path of the device's PKCS #11 library")
	flag.StringVar(&o.token, "token", "", "label of the token")
	flag.StringVar(&o.pinFile, "pin-file", "", "file with the user's PIN")
	flag.StringVar(&o.listen, "listen", "kms.sock", "path of the socket")
	flag.BoolVar(&o.create, "make", false, "make the keys that are missing")
	flag.Parse()
	o.keys = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "pkcs11:", err)
		os.Exit(1)
	}
}

// options are the flags, and the labels of keys with their algorithms.
type options struct {
	module, token, pinFile, listen string
	create                         bool
	keys                           []string
}

func run(ctx context.Context, o options) error {
	pin, err := signer.ReadPrivate(o.pinFile)
	if err != nil {
		return fmt.Errorf("read the PIN: %w", err)
	}
	device, err := open(o.module, o.token, string(bytes.TrimSpace(pin)))
	if err != nil {
		return err
	}
	defer device.Close()
	var keys []keyring.Key
	for _, arg := range o.keys {
		label, algorithm, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is no key: write its label and algorithm, as in 2026-11=ES256", arg)
		}
		k, err := key(device, label, algorithm, o.create)
		if err != nil {
			return fmt.Errorf("key %s: %w", label, err)
		}
		fmt.Println("signs with", k)
		keys = append(keys, k)
	}
	handler, err := signer.Handler(keys)
	if err != nil {
		return err
	}
	listener, err := signer.Listen(o.listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	context.AfterFunc(ctx, func() { ended <- server.Shutdown(context.Background()) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended // only then is the device closed: signatures that are under way need it
}

// sessions is how many signatures the device makes at once. Further ones wait for sessionWait, less than a node waits.
const (
	sessions    = 32
	sessionWait = time.Second
)

// open logs in to a token.
func open(module, token, pin string) (*crypto11.Context, error) {
	device, err := crypto11.Configure(&crypto11.Config{
		Path: module, TokenLabel: token, Pin: pin, MaxSessions: sessions, PoolWaitTimeout: sessionWait,
	})
	if err != nil {
		return nil, fmt.Errorf("open token %s of %s: %w", token, module, err)
	}
	return device, nil
}

// key finds a key pair by its label, or makes it.
func key(device *crypto11.Context, label, algorithm string, create bool) (keyring.Key, error) {
	pairs, err := device.FindKeyPairs(nil, []byte(label))
	switch {
	case err != nil:
		return keyring.Key{}, err
	case len(pairs) > 1:
		return keyring.Key{}, errors.New("the token has more than one key pair with this label")
	case len(pairs) == 0 && !create:
		return keyring.Key{}, errors.New("the token has no such key pair; --make makes it")
	case len(pairs) == 0:
		pair, err := generate(device, []byte(label), algorithm)
		if err != nil {
			return keyring.Key{}, err
		}
		pairs = append(pairs, pair)
	}
	return keyring.External(pairs[0], algorithm, "", keyring.ExternalLimits{})
}

// generate makes a key pair in the device. Its id there is its label too.
func generate(device *crypto11.Context, label []byte, algorithm string) (crypto11.Signer, error) {
	switch algorithm {
	case "ES256":
		return device.GenerateECDSAKeyPairWithLabel(label, label, elliptic.P256())
	case "ES384":
		return device.GenerateECDSAKeyPairWithLabel(label, label, elliptic.P384())
	case "ES512":
		return device.GenerateECDSAKeyPairWithLabel(label, label, elliptic.P521())
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return device.GenerateRSAKeyPairWithLabel(label, label, 2048)
	}
	return nil, fmt.Errorf("%s cannot be made in a device here: use an algorithm of ES, RS or PS", algorithm)
}
