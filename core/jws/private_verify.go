//go:build verify

package jws

import (
	"crypto/elliptic"
	"crypto/rsa"
)

// A build that only checks reads no private keys, and so does not hold what it takes to sign.

func privateRSA(rsa.PublicKey, [][]byte) (any, error) { return nil, ErrCannotSign }

func privateECDSA(elliptic.Curve, []byte) (any, error) { return nil, ErrCannotSign }

func privateEd25519([]byte) (any, error) { return nil, ErrCannotSign }
