package main

import (
	"math"
	"slices"
)

// mannWhitney compares two samples by ranks: U counts the pairs in which the value of a is larger, ties as a half; z is
// its distance from the mean in standard deviations, corrected for ties; p is how often samples of one distribution are
// at least as far apart (two-sided, by the normal approximation). Mann and Whitney 1947.
func mannWhitney(a, b []float64) (u, z, p float64) {
	all := slices.Concat(a, b)
	slices.Sort(all)
	first := func(v float64) int { i, _ := slices.BinarySearch(all, v); return i }
	rankSum := 0.0
	for _, v := range a {
		rankSum += float64(first(v)+first(math.Nextafter(v, math.Inf(1)))+1) / 2
	}
	n, m := float64(len(a)), float64(len(b))
	u = rankSum - n*(n+1)/2
	ties := 0.0
	for i := 0; i < len(all); {
		next := first(math.Nextafter(all[i], math.Inf(1)))
		t := float64(next - i)
		ties += t*t*t - t
		i = next
	}
	z = (u - n*m/2) / math.Sqrt(n*m/12*((n+m+1)-ties/((n+m)*(n+m-1))))
	return u, z, math.Erfc(math.Abs(z) / math.Sqrt2)
}
