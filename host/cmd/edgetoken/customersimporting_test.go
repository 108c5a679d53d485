package main_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
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

// TestImportOfTwoRows: of two rows about a customer the first counts, at each import, however far away the second is.
func TestImportOfTwoRows(t *testing.T) {
	const row = `{"id": %d, "email": "customer%d@example.com", "password_hash": "!", "first_name": "%s"}` + "\n"
	var text bytes.Buffer
	fmt.Fprintf(&text, row, 1, 1, "first")
	for id := range 1500 {
		fmt.Fprintf(&text, row, id+2, id+2, "")
	}
	fmt.Fprintf(&text, row, 1, 1, "second")
	m := newMove(t)
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1501 added, 0 updated, 0 unchanged", "0 added, 0 updated, 1501 unchanged"} {
		out, err := exec.Command("edgetoken", "customers", "import", file, "--data", m.data).Output()
		if err == nil || !strings.Contains(string(out), want+", 0 in conflict, 0 removed here, 1 bad") {
			t.Errorf("the import prints %s, %v; want %s", out, err, want)
		}
	}
	if out := m.run("customers", "show", "1"); !bytes.Contains(out, []byte("first")) {
		t.Errorf("the customer is %s", out)
	}
}

func TestHashSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	distinct := map[uint64]bool{}
	var hashes []uint64
	for range 50_000 {
		h := random.Uint64()
		if random.IntN(3) == 0 {
			h = uint64(random.IntN(20_000))
		}
		hashes = append(hashes, h)
		distinct[h|1] = true
	}
	if got := edgetoken.DistinctHashes(hashes); got != len(distinct) {
		t.Errorf("%d hashes are in the set, want %d", got, len(distinct))
	}
}
