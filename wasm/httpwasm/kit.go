//go:build wasip1 && kit

package main

import (
	"encoding/json"
	"runtime"
	"unsafe"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

//go:wasmimport http_handler read_body
func readBody(kind uint32, buf unsafe.Pointer, limit uint32) uint64

// step is a step of a case of testdata/kit, with policy and bundle in place of their names.
type step struct {
	Configure, Update, Verify *string
	Now                       int64
}

// serve takes the steps in the body of a request to a fresh gateway and answers with what each gives. The token of the
// last step is in the request's own header, and is decided about as the plug-in does. An earlier one goes to the
// gateway without the host.
func serve() uint64 {
	var steps []step
	if err := json.Unmarshal(body(), &steps); err != nil {
		panic(err)
	}
	gate = nil
	defer runtime.GC() // as bundles have it
	var got []string
	for i, s := range steps {
		switch {
		case s.Configure != nil:
			got = append(got, configure(*s.Configure))
		case gate == nil:
			got = append(got, cause.NotConfigured.String())
		case s.Update != nil:
			got = append(got, gate.Update(*s.Update).String())
		case i == len(steps)-1:
			got = append(got, verdict(decide(s.Now)))
		default:
			rq := gateway.Request{Target: "/", Auth: []string{"Bearer " + *s.Verify}}
			got = append(got, verdict(gate.Handle(&rq, s.Now)))
		}
	}
	text, err := json.Marshal(got)
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

// configure reads the policy alone before it stands in a configuration: its mistakes have the verifier's own words.
func configure(policy string) string {
	_, err := verify.Read([]byte(policy))
	if err == nil {
		gate, err = gateway.Read([]byte(`{"policy":` + policy + `,"rules":[{"path":"/","require":"token"}]}`))
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return "ok"
}

func verdict(a gateway.Answer) string {
	if a.Pass {
		return "ok " + string(a.Claims)
	}
	return a.Reason
}
