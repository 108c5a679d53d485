//go:build verify

package jws

import (
	"crypto/elliptic"
	"crypto/rsa"
)

// The build that only verifies reads no private keys, and so links no code to sign with them.

func privateRSA(rsa.PublicKey, [][]byte) (any, error) { return nil, ErrCannotSign }

func privateECDSA(elliptic.Curve, []byte) (any, error) { return nil, ErrCannotSign }

func privateEd25519([]byte) (any, error) { return nil, ErrCannotSign }
