package ports

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// TestFree: ports are free, none is given twice, and no connection that goes out gets one.
func TestFree(t *testing.T) {
	var first, last int
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		_, _ = fmt.Sscan(string(text), &first, &last)
	}
	seen := map[int]bool{}
	for range 100 {
		port, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || port >= first && port <= last {
			t.Errorf("port %d, after %d others; connections have %d to %d", port, len(seen), first, last)
		}
		seen[port] = true
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
}

// TestOutside: ranges may overlap, or one may hold the other.
func TestOutside(t *testing.T) {
	for _, c := range []struct {
		first, last int
		want        []int
	}{
		{0, 0, []int{5, 6, 7, 8}}, {7, 9, []int{5, 6}}, {1, 5, []int{6, 7, 8}}, {6, 7, []int{5, 8}}, {1, 9, nil},
	} {
		if got := outside(5, 8, c.first, c.last); !slices.Equal(got, c.want) {
			t.Errorf("5 to 8 without %d to %d: %v, want %v", c.first, c.last, got, c.want)
		}
	}
}

// TestScript: the script passes by what this process was given, as if it were in use.
func TestScript(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is missing")
	}
	port, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", "-B", "-c", fmt.Sprintf(`
import ports
assert ports.free() != ports.free()
ports.candidates = lambda: [%d]
ports.free()
`, port)).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("no port is free")) {
		t.Errorf("asked for port %d, which was given, the script says %v\n%s", port, err, out)
	}
}
