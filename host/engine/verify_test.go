package engine_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestWasmVerify reads with the module that plugins carry, which takes no private key.
func TestWasmVerify(t *testing.T) {
	e := shared(t, "wasm-verify")
	coretest.RunReading(t, func(t *testing.T, s core.Settings, keys core.Keys) core.Engine {
		return with(t, e, s, public{keys})
	})
}

// public gives a guest the public halves of key pairs.
type public struct{ core.Keys }

func (p public) Material(key int) ([]byte, error) {
	b, err := p.Keys.(core.KeyMaterial).Material(key)
	if err != nil || b[0] == 0 {
		return b, err
	}
	number := func() (whole []byte) {
		n := 2 + int(binary.LittleEndian.Uint16(b[1:]))
		whole, b = b[1:1+n:1+n], b[n:]
		return whole
	}
	switch p.Set().Keys[key].Algorithm[:2] {
	case "HS":
		return b, nil
	case "Ed":
		point := ed25519.NewKeyFromSeed(number()[2:]).Public().(ed25519.PublicKey)
		return append([]byte{0, byte(len(point)), 0}, point...), nil
	case "ES":
		return append([]byte{0}, number()...), nil
	default:
		modulus := number()
		return append(append([]byte{0}, modulus...), number()...), nil
	}
}
