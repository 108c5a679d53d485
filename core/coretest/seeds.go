package coretest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var compact = regexp.MustCompile(`[\w-]{2,}\.[\w-]*\.[\w-]*`)

// RecordedTokens are the tokens in the recorded exchanges under testdata/conformance, each once: seeds for fuzzing.
func RecordedTokens(tb testing.TB) []string {
	tb.Helper()
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/edgetoken/edgetoken").Output()
	if err != nil {
		tb.Fatalf("find the recorded exchanges: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "testdata", "conformance", "5.?", "*.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no recorded exchanges: %v", err)
	}
	seen := map[string]bool{}
	var tokens []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, token := range compact.FindAllString(string(b), -1) {
			if !seen[token] {
				seen[token] = true
				tokens = append(tokens, token)
			}
		}
	}
	if len(tokens) == 0 {
		tb.Fatal("the recorded exchanges hold no token")
	}
	return tokens
}
