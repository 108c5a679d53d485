//go:build wasip1 && !panics

package main

// inject does nothing; with the tag panics, tests have it panic.
func inject(int) {}
