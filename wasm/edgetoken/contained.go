//go:build wasip1 && (full || verify)

package main

import (
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/jws"
)

// keys are those of the key set, in its order.
var keys []*jws.Key

// useKeys reads the material. Weak secrets are the host's to refuse: it has a setting for them.
func useKeys(c *abi.Config) bool {
	read := make([]*jws.Key, len(c.Set.Keys))
	for i, k := range c.Set.Keys {
		var err error
		if read[i], err = jws.ReadKey(k.Algorithm, c.Material[i]); err != nil {
			return false
		}
	}
	keys, c.Material = read, nil
	return true
}

//go:wasmexport edgetoken_open
func open(size uint32) (status uint32) {
	defer guard(&status)
	token, bad := receivedConfigured(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	o, _ := reader.Open(token, check)
	return answer(func(b []byte) []byte { return abi.AppendOpened(b, o) })
}

func check(key int, input, signature []byte) (bool, error) {
	return keys[key].Check(input, signature), nil
}

//go:wasmexport edgetoken_decide
func decide(size uint32) (status uint32) {
	defer guard(&status)
	message, bad := receivedConfigured(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	if !abi.ReadRequest(message, &request) {
		return uint32(abi.StatusBadMessage)
	}
	outcome, bad := outcome(&request)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	return framed(func(b []byte) []byte { return abi.AppendOutcome(b, &outcome) })
}

//go:wasmexport edgetoken_permit
func permit(size uint32) (status uint32) {
	defer guard(&status)
	message, bad := received(size)
	if bad != abi.StatusOK {
		return uint32(bad)
	}
	q, ok := abi.ReadQuestion(message)
	if !ok {
		return uint32(abi.StatusBadMessage)
	}
	verdict := q.Rule.Decide(q.Method, q.Model, q.Caller)
	return answer(func(b []byte) []byte { return abi.AppendVerdict(b, verdict) })
}
