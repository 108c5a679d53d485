//go:build wasip1 && kit

package main

import (
	"encoding/json"

	"github.com/edgetoken/edgetoken/testdata/kit"
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

// answerCase runs the steps, with policies and bundles in place of their names.
func answerCase(size uint32) error {
	const requestBody = 0
	body, err := buffer(requestBody, size)
	if err != nil {
		return err
	}
	var steps []kit.Step
	if err := json.Unmarshal(body, &steps); err != nil {
		return err
	}
	text, err := json.Marshal(kit.Run(steps, &kit.Native{Helper: checkNatively}))
	if err != nil {
		return err
	}
	return respond(200, nil, string(text))
}
