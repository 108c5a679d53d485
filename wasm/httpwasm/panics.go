//go:build wasip1 && panics

package main

import (
	"strconv"

	"github.com/edgetoken/edgetoken/core/verify"
)

func init() { logText(levelWarn, "edgetoken: started, and panics where a request says so") }

// armed is the place at which the request at hand is to panic: those of inject, or 5 for within Verify.
var armed int

// inject panics if the request at hand asks for that place.
func inject(place int) {
	if place == 1 {
		armed = 0
		if values := header("x-panic"); len(values) == 1 {
			armed, _ = strconv.Atoi(values[0])
		}
		gate.Help(func(*verify.Key, []byte, []byte) (good, handled bool) {
			inject(5)
			return false, false
		})
	}
	if place == armed {
		panic("injected at " + strconv.Itoa(place))
	}
}
