package main

import (
	"os"
	"path/filepath"
)

// userCache is where commands without a data directory of their own keep compiled modules; empty where the user has no
// such place, as in a container.
func userCache() string {
	caches, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(caches, "edgetoken")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ""
	}
	return dir
}
