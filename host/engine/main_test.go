package engine_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// cacheDir holds the compiled modules of all tests in this package.
var cacheDir string

func TestMain(m *testing.M) {
	if cacheDir = os.Getenv(enginetest.SharedCache); cacheDir != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "edgetoken-engine-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cacheDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
