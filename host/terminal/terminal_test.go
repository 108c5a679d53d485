package terminal_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/terminal"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"ana@example.com": "ana@example.com", "José Ñandú": "José Ñandú", "a\x1b[2Jb": `a\u001b[2Jb`,
		"a\u009b31mb": `a\u009b31mb`, "a\u202eb": `a\u202eb`, "a\nb": `a\u000ab`,
	} {
		if got := terminal.Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestBrief(t *testing.T) {
	const e = "é" // of two bytes, one of which is beyond the bound
	for text, want := range map[string]string{
		"a\nb": `a\u000ab`, "a" + strings.Repeat(e, 1<<20): "a" + strings.Repeat(e, 99) + "…",
	} {
		if got := terminal.Brief(text); got != want {
			t.Errorf("Brief(%.20q) = %q, want %q", text, got, want)
		}
	}
}

// TestShellWord holds what commands advise to be one word to a shell, and the very one.
func TestShellWord(t *testing.T) {
	for _, text := range []string{"", "7", "-7", "a b", "it's", `$HOME "x" \\n`, "*", "~", "#a", "a;b&c|d", "é",
		"550e8400-e29b-41d4-a716-446655440000", "a=b", "!x", "[a]"} {
		out, err := exec.Command("sh", "-c", "printf %s "+terminal.ShellWord(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("a shell reads %q as %q, %v", terminal.ShellWord(text), out, err)
		}
	}
}
