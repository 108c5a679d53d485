package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// TestImportGoesOn ends imports into a running node early. The same command goes on: each customer is added once.
func TestImportGoesOn(t *testing.T) {
	const rows = 20_000
	var text bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&text, `{"email": "customer%d@example.com", "password_hash": "!"}`+"\n", i)
	}
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMove(t)
	n := startProcess(t, m.data, os.Stderr, "EDGETOKEN_LOG_LEVEL=error")
	n.ready(t)
	customers := func() int { return int(figureOf(metricsOf(t, m.data), "edgetoken_store_customers")) }
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, 0} {
		c := exec.Command("edgetoken", "customers", "import", file, "--data", m.data)
		var out, errs strings.Builder
		before := customers()
		c.Stdout, c.Stderr = &out, &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if signal != 0 {
			servicetest.Eventually(t, "a batch is imported", func() bool { return customers() > before })
			_ = c.Process.Signal(signal)
		}
		err := c.Wait()
		switch signal {
		case syscall.SIGINT:
			if c.ProcessState.ExitCode() != 1 || !strings.HasPrefix(out.String(), "imported customers: ") ||
				!strings.HasPrefix(errs.String(), "edgetoken: interrupted after ") {
				t.Errorf("an interrupt: %v; prints %s%s", err, &out, &errs)
			}
		case 0:
			if err != nil || !strings.HasSuffix(out.String(), ", 0 in conflict, 0 removed here, 0 bad\n") {
				t.Errorf("the import that is not interrupted: %v; prints %s%s", err, &out, &errs)
			}
		}
	}
	if got := customers(); got != rows {
		t.Errorf("%d customers, want %d", got, rows)
	}
	m.imports(fmt.Sprintf("0 added, 0 updated, %d unchanged", rows), file)
	n.end(t)
}
