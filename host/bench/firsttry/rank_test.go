package main

import (
	"math"
	"testing"
)

// U and p are those of scipy.stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic").
func TestMannWhitney(t *testing.T) {
	for _, c := range []struct {
		a, b    []float64
		u, z, p float64
	}{
		{[]float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}, 17, 1.7147, 0.0864},
		{[]float64{1, 2, 2, 3}, []float64{2, 3, 4, 4, 5}, 2.5, -1.8848, 0.0595},
		{[]float64{1, 2}, []float64{1, 2}, 2, 0, 1},
	} {
		u, z, p := mannWhitney(c.a, c.b)
		if u != c.u || math.Abs(z-c.z) > 1e-4 || math.Abs(p-c.p) > 1e-4 {
			t.Errorf("mannWhitney(%v, %v) = %v, %v, %v; want %v, %v, %v", c.a, c.b, u, z, p, c.u, c.z, c.p)
		}
	}
}
