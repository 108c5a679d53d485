package coretest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Seeds returns the tokens that fuzzing begins with, each once. They come from the recorded exchanges under
// testdata/conformance, from earlier fuzzing (testdata/fuzz/tokens.txt), and from failures of a fuzzer now, which Go
// leaves in a folder testdata/fuzz beside its test. All engines must give the same answers to them.
func Seeds(tb testing.TB) []string {
	tb.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/edgetoken/edgetoken").Output()
	if err != nil {
		tb.Fatalf("find the recorded exchanges: %v", err)
	}
	root := strings.TrimSpace(string(out))
	var tokens []string
	for _, source := range []struct {
		files string
		read  func(tb testing.TB, text string) []string
		must  bool // whether there must be one
	}{
		{"testdata/conformance/5.?/*.json", recorded, true},
		{"testdata/fuzz/tokens.txt", found, true},
		{"core/testdata/fuzz/*/*", failing, false},
		{"host/engine/testdata/fuzz/*/*", failing, false},
	} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(source.files)))
		if err != nil {
			tb.Fatal(err)
		}
		before := len(tokens)
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			tokens = append(tokens, source.read(tb, string(b))...)
		}
		if source.must && len(tokens) == before {
			tb.Fatalf("%s holds no token", source.files)
		}
	}
	seen := map[string]bool{}
	once := tokens[:0]
	for _, token := range tokens {
		if !seen[token] {
			seen[token] = true
			once = append(once, token)
		}
	}
	return once
}

var compact = regexp.MustCompile(`[\w-]{2,}\.[\w-]*\.[\w-]*`)

func recorded(_ testing.TB, text string) []string { return compact.FindAllString(text, -1) }

// found reads lines with a whole token, or with a header and claims for Secret to sign as they are. Each text is quoted
// as in Go. Comments begin with #.
func found(tb testing.TB, text string) (tokens []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		switch texts := quotedTexts(tb, line); len(texts) {
		case 1:
			tokens = append(tokens, texts[0])
		case 2:
			tokens = append(tokens, Sign("HS256", Secret, texts[0], texts[1]))
		default:
			tb.Fatalf("this is neither a token nor a header and claims: %q", line)
		}
	}
	return tokens
}

// failing reads an input of any fuzz target. It takes each text as a token, as claims, and together with the next text
// as a header and claims.
func failing(tb testing.TB, text string) (tokens []string) {
	texts := quotedTexts(tb, text)
	for i, s := range texts {
		tokens = append(tokens, s, token(s))
		if i > 0 {
			tokens = append(tokens, Sign("HS256", Secret, texts[i-1], s))
		}
	}
	return tokens
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func quotedTexts(tb testing.TB, text string) (texts []string) {
	for _, q := range quoted.FindAllString(text, -1) {
		s, err := strconv.Unquote(q)
		if err != nil {
			tb.Fatalf("%v: %s", err, q)
		}
		texts = append(texts, s)
	}
	return texts
}
