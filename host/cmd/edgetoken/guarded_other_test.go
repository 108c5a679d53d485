//go:build !linux

package main_test

func guarded() {}
