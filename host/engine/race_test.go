//go:build race

package engine_test

// underRace: the race detector has pools drop some of what is put into them, so that more is allocated.
const underRace = true
