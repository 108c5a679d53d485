//go:build wasip1 && kit

package main

import (
	"encoding/json"
	"errors"
	"runtime"
	"unsafe"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/testdata/kit"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

//go:wasmimport http_handler read_body
func readBody(kind uint32, buf unsafe.Pointer, limit uint32) uint64

// serve takes the steps in the body of a request, of a case of testdata/kit with policies and bundles in place of their
// names, to a fresh gateway, and answers with what each gives.
func serve() uint64 {
	var steps []kit.Step
	if err := json.Unmarshal(body(), &steps); err != nil {
		panic(err)
	}
	gate = nil
	defer runtime.GC() // as bundles have it
	text, err := json.Marshal(kit.Run(steps, &verifier{left: len(steps)}))
	if err != nil {
		panic(err)
	}
	setStatusCode(200)
	answerBody(string(text))
	return 0
}

func body() (all []byte) {
	for {
		n := readBody(ofRequest, unsafe.Pointer(unsafe.SliceData(buffer)), uint32(len(buffer)))
		all = append(all, buffer[:uint32(n)]...)
		if n>>32 == 1 {
			return all
		}
	}
}

// verifier is the gateway of the plug-in. The token of the last step is in the request's own header, and is decided
// about as the plug-in does. An earlier one goes to the gateway without the host.
type verifier struct{ left int } // steps

// Configure reads the policy alone before it stands in a configuration: its mistakes have the verifier's own words.
func (v *verifier) Configure(policy string) error {
	v.left--
	_, err := verify.Read([]byte(policy))
	if err == nil {
		gate, err = gateway.Read([]byte(`{"policy":` + policy + `,"rules":[{"path":"/","require":"token"}]}`))
	}
	return err
}

func (v *verifier) Update(bundle string) error {
	v.left--
	if gate == nil {
		return errors.New(cause.NotConfigured.String())
	}
	if c := gate.Update(bundle); c != cause.OK {
		return errors.New(c.String())
	}
	return nil
}

func (v *verifier) Verify(token string, now int64, _ bool) (string, error) {
	v.left--
	var a gateway.Answer
	switch {
	case gate == nil:
		return "", errors.New(cause.NotConfigured.String())
	case v.left == 0:
		a = decide(now)
	default:
		a = gate.Handle(&gateway.Request{Target: "/", Auth: []string{"Bearer " + token}}, now)
	}
	if !a.Pass {
		return "", errors.New(a.Reason)
	}
	return string(a.Claims), nil
}
