//go:build wasip1 && full

package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// outcome judges, writes and signs.
func outcome(req core.Request) (core.Outcome, abi.Status) {
	if !req.Op.Writes() {
		return core.Judge(&config.Settings, req), abi.StatusOK
	}
	if core.CheckWriting(&config.Settings, config.Set, req) != nil {
		return core.Outcome{}, abi.StatusFailed
	}
	p := core.Prepare(&config.Settings, config.Set, req)
	signatures := make([][]byte, len(p.Inputs))
	for i, input := range p.Inputs {
		s, err := keys[p.Key].Sign(input, req.Entropy)
		if err != nil {
			return core.Outcome{}, abi.StatusFailed
		}
		signatures[i] = s
	}
	return p.Finish(signatures), abi.StatusOK
}
