//go:build wasip1 && verify && !full

package main

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// outcome decides; this build writes no tokens.
func outcome(req *core.Request) (core.Outcome, abi.Status) {
	if req.Op.Writes() {
		return core.Outcome{}, abi.StatusNotHere
	}
	return core.Decide(&config.Settings, *req), abi.StatusOK
}
