//go:build wasip1 && !panics

package main

// What the tag panics puts in their place makes bugs, for a test. No released module has it.

func mayPanic() {}

func disturbStart([]byte) {}

func disturb([]pair) {}
