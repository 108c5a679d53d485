//go:build wasip1 && kit

package main

import (
	"encoding/json"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// With the tag kit the filter answers cases of testdata/kit: the steps are the body of a request, and what came of them
// is that of the answer, both in JSON. No released module has it.

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(_, _, _ uint32) uint32 { return pause }

//go:wasmexport proxy_on_request_body
func onRequestBody(_, size, end uint32) uint32 {
	defer recovered("proxy_on_request_body", func() { _ = respond(500, nil, "broken: a panic") })
	if end == 0 {
		return pause
	}
	room.reset()
	if err := answerCase(size); err != nil {
		_ = respond(500, nil, "broken: "+err.Error())
	}
	return pause
}

// step is a step of a case, with policy and bundle in place of their names.
type step struct {
	Configure, Update, Verify *string
	Now                       int64
	Alone                     bool
}

func answerCase(size uint32) error {
	const requestBody = 0
	body, err := buffer(requestBody, size)
	if err != nil {
		return err
	}
	var steps []step
	if err := json.Unmarshal(body, &steps); err != nil {
		return err
	}
	var v verify.Verifier
	var trust *verify.Trust
	var got []string
	for _, s := range steps {
		said := "ok"
		switch {
		case s.Configure != nil:
			configured, err := verify.Read([]byte(*s.Configure))
			if err != nil {
				said = "error: " + err.Error()
				break
			}
			trust = configured
			v.Use(trust)
		case s.Update != nil:
			updated, c := trust.Update(*s.Update)
			if said = c.String(); c == cause.OK {
				trust = updated
				v.Use(trust)
			}
		default:
			if v.Helper = checkNatively; s.Alone {
				v.Helper = nil
			}
			o, c := v.Verify([]byte(*s.Verify), s.Now)
			if said = c.String(); c == cause.OK {
				said = "ok " + string(o.Claims)
			}
		}
		got = append(got, said)
	}
	text, err := json.Marshal(got)
	if err != nil {
		return err
	}
	return respond(200, nil, string(text))
}
