package main

import "testing"

// What is made once while a batch is measured does not make the batches of the contest small.
func TestCalibrate(t *testing.T) {
	const each, once = 50.0, 9000.0 // microseconds of a piece of work, and of an instance that is made
	want := int(float64(batch.Microseconds()) / each)
	for _, c := range []struct {
		name string
		at   int // the measure in which an instance is made; 0: none is
	}{{"nothing is made", 0}, {"at the first", 1}, {"with the second goroutine", 2}, {"late",
		8}, {"in the first look that is long enough", 9}, {"in the second look", 10}} {
		measured := 0
		n := calibrate(func(n int) float64 {
			if measured++; measured == c.at {
				return each + once/float64(n)
			}
			return each
		})
		if n != want {
			t.Errorf("%s: calibrate() = %d, want %d", c.name, n, want)
		}
	}
}
