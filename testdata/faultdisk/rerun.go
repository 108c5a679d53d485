package faultdisk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	bolt = "go.etcd.io/bbolt"
	self = "github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// places are those where bbolt calls the system to change its file: name of the source, what stands there, how often,
// and what stands there in the copy.
var places = []struct {
	source, was string
	times       int
	is          string
}{
	{"db.go", "db.ops.writeAt = db.file.WriteAt", 1, "db.ops.writeAt = faultdisk.Writer(db.file)"},
	{"db.go", "db.file.Truncate(", 1, "faultdisk.Resize(db.file, "},
	{"db.go", "db.file.Sync()", 1, "faultdisk.Flush(db.file)"},
	{"bolt_linux.go", "syscall.Fdatasync(int(db.file.Fd()))", 1, "faultdisk.Flush(db.file)"},
	{"boltsync_unix.go", "db.file.Sync()", 1, "faultdisk.Flush(db.file)"},
}

// Rerun runs the test t, and it alone, again in a build with the copy of bbolt, and reports whether it did: the
// caller returns then. In that build itself it does nothing.
func Rerun(t *testing.T, faults ...Fault) bool {
	t.Helper()
	if hooked {
		return false
	}
	out, err := Run(t, t.Name(), faults...)
	t.Logf("with a copy of bbolt: %s", out)
	if err != nil {
		t.Error(err)
	}
	return true
}

// Fault is a fault to plant in a source of this module, so that a test shows that it is found.
type Fault struct {
	Source  string // path from the root of the module
	Was, Is string // a text that stands there once, and what stands there instead; Was "": Is is a source to add
}

// Run runs a test of the working directory's package in a build with the copy of bbolt and the faults. out is all
// that it prints; err says that it failed or did not run.
func Run(t *testing.T, test string, faults ...Fault) (out string, err error) {
	t.Helper()
	dir := t.TempDir()
	gomod, err := goSays("env", "GOMOD")
	if err != nil {
		return "", err
	}
	modfile, err := prepare(dir, gomod)
	if err != nil {
		return "", err
	}
	overlay, err := plant(dir, filepath.Dir(gomod), faults)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-modfile="+modfile, "-overlay="+overlay, "-trimpath",
		"-vet=off", "-count=1", "-run=^"+test+"$", "-v", ".")
	b, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		err = fmt.Errorf("%v: %w", cmd, err)
	case !bytes.Contains(b, []byte("--- PASS: "+test+" ")):
		err = fmt.Errorf("%v did not run the test", cmd)
	}
	return string(b), err
}

// plant writes the sources with faults, and the overlay that puts them in their place.
func plant(dir, root string, faults []Fault) (overlay string, err error) {
	texts := map[string]string{}
	for _, f := range faults {
		text, ok := texts[f.Source]
		if !ok && f.Was != "" {
			b, err := os.ReadFile(filepath.Join(root, f.Source))
			if err != nil {
				return "", err
			}
			text = string(b)
		}
		if n := strings.Count(text, f.Was); f.Was != "" && n != 1 {
			return "", fmt.Errorf("plant a fault: %q stands %d times in %s, want once", f.Was, n, f.Source)
		}
		texts[f.Source] = strings.Replace(text, f.Was, f.Is, 1)
	}
	replace := map[string]string{}
	for source, text := range texts {
		planted := filepath.Join(dir, fmt.Sprintf("planted%d.go", len(replace)))
		if err := os.WriteFile(planted, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, source)] = planted
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, b, 0o600)
}

// prepare makes the copy of bbolt and a go.mod that takes it.
func prepare(dir, gomod string) (modfile string, err error) {
	source, err := goSays("list", "-m", "-f", "{{.Dir}}", bolt)
	if err != nil {
		return "", err
	}
	replaced := filepath.Join(dir, "bbolt")
	if err := copyBolt(source, replaced); err != nil {
		return "", err
	}
	modfile = filepath.Join(dir, "go.mod")
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(gomod), name))
		if err != nil {
			return "", err
		}
		if name == "go.mod" {
			b = fmt.Appendf(b, "\nreplace %s => %s\n", bolt, replaced)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return "", err
		}
	}
	return modfile, nil
}

func goSays(args ...string) (string, error) {
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyBolt copies the sources of bbolt with the places changed.
func copyBolt(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join(to, "*.go"))
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("copy of bbolt: no sources (%w)", err)
	}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if err := change(path); err != nil {
			return err
		}
	}
	hook := fmt.Sprintf("package bbolt\n\nimport %q\n\nfunc init() { faultdisk.Hooked() }\n", self)
	return os.WriteFile(filepath.Join(to, "faultdisk.go"), []byte(hook), 0o600)
}

// change has the places of one source call this package, and makes sure that there are no others.
func change(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, name, changed := string(b), filepath.Base(path), false
	for _, p := range places {
		if p.source != name {
			continue
		}
		if n := strings.Count(text, p.was); n != p.times {
			return fmt.Errorf("copy of bbolt: %q stands %d times in %s, want %d: bbolt calls the system in other "+
				"ways now", p.was, n, name, p.times)
		}
		text, changed = strings.ReplaceAll(text, p.was, p.is), true
	}
	for _, other := range []string{"Fdatasync(", "file.Sync(", "file.Truncate(", "file.Write", "file.WriteAt",
		"syscall.Pwrite", "MAP_PRIVATE|", "Msync("} {
		if unixSource(name) && strings.Contains(text, other) {
			return fmt.Errorf("copy of bbolt: %s has %q, which goes past this package", name, other)
		}
	}
	if !changed {
		return nil
	}
	text = strings.Replace(text, "package bbolt\n", fmt.Sprintf("package bbolt\n\nimport %q\n", self), 1)
	if !strings.Contains(text, "syscall.") {
		text = strings.Replace(text, "import (\n\t\"syscall\"\n)\n", "", 1)
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// unixSource reports whether a source of bbolt is built on a system that has tests.
func unixSource(name string) bool {
	for _, other := range []string{"_windows", "_openbsd", "_android", "_solaris", "_aix"} {
		if strings.Contains(name, other) && !strings.Contains(name, "_"+runtime.GOOS) {
			return false
		}
	}
	return true
}
