package coretest

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// The release of Wycheproof that is run: a Go module, so that version and sum name its content.
const (
	wycheproofModule = "github.com/C2SP/wycheproof@v0.0.0-20250901140545-b51abcfb8daf"
	wycheproofSum    = "h1:5BKKVVVj676FUWirLcouEEL6GCYR9X0opkMlEUck8FY="
)

// Wycheproof downloads Project Wycheproof and is the directory of its files. Without a network the test is skipped, but
// not where CI is true.
func Wycheproof(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", wycheproofModule)
	cmd.Dir = t.TempDir() // outside of this module, whose go.sum stays as it is
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if e := json.Unmarshal(out, &module); err == nil {
		err = e
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("download %s: %v %s", wycheproofModule, err, module.Error)
		}
		t.Skipf("the test vectors of Wycheproof cannot be downloaded (go mod download %s): %v %s", wycheproofModule,
			err, module.Error)
	}
	if module.Sum != wycheproofSum {
		t.Fatalf("the sum of %s is %s, want %s", wycheproofModule, module.Sum, wycheproofSum)
	}
	return module.Dir
}
