//go:build wasip1 && full

package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// outcome decides, writes and signs.
func outcome(req *core.Request) (core.Outcome, abi.Status) {
	if !req.Op.Writes() {
		return core.Decide(&config.Settings, *req), abi.StatusOK
	}
	p, err := writer.Prepare(req)
	if err != nil {
		return core.Outcome{}, abi.StatusFailed
	}
	o, err := p.Finish(func(input []byte) ([]byte, error) { return keys[p.Key].Sign(input, req.Entropy) })
	if err != nil {
		return core.Outcome{}, abi.StatusFailed
	}
	return o, abi.StatusOK
}
