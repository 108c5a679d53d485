// Command count reads what `go test -json` prints, shows the output of what failed and one line per package, and ends
// with "N passed, N failed, N skipped". Tests are counted with their subtests; a package that fails without a failing
// test (it does not build, it panics, it exits) is one failure. A line before the last says what the counted tests
// are. Its exit status is 0 whatever the counts are: build.sh looks at them.
//
//	go test -json ./... | count
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is one line of `go test -json` (go doc test2json), or of `go build -json`, whose output names an import path.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64 // seconds
}

// counts are the results of tests.
type counts struct {
	passed, failed, skipped int
	kinds                   map[string]int // all of them, by kind
}

// kinds are tests that stand for many cases each, by the name of the test.
var kinds = map[string]string{
	"TestNative": "suite", "TestWasm": "suite", "TestWasmFull": "suite", "TestWasmVerify": "suite",
	"TestPermit":     "suite",
	"TestWycheproof": "Wycheproof", "TestConformance": "recorded",
}

// kind is the kind of a test or subtest; "" for one of no kind.
func kind(test string) string {
	top, _, _ := strings.Cut(test, "/")
	if strings.HasPrefix(top, "Fuzz") {
		return "fuzz"
	}
	return kinds[top]
}

func main() {
	total := counts{kinds: map[string]int{}}
	packages := map[string]*counts{}
	outputs := map[string]*strings.Builder{} // by package and test
	builds := map[string]*strings.Builder{}  // by import path

	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				os.Stdout.Write(line) // the go command's own words
			} else {
				take(e, &total, packages, outputs, builds)
			}
		}
		if err != nil {
			break
		}
	}
	fmt.Printf("of these %d are cases of the suite that every engine passes, %d Wycheproof vectors, %d recorded "+
		"exchanges, "+
		"%d fuzz seeds and %d other tests\n", total.kinds["suite"], total.kinds["Wycheproof"], total.kinds["recorded"],
		total.kinds["fuzz"], total.kinds[""])
	fmt.Printf("%d passed, %d failed, %d skipped\n", total.passed, total.failed, total.skipped)
}

// take counts one event and prints what a reader needs to see of it.
func take(e event, total *counts, packages map[string]*counts, outputs, builds map[string]*strings.Builder) {
	if packages[e.Package] == nil {
		packages[e.Package] = new(counts)
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		add(builds, e.ImportPath, e.Output)
	case "build-fail":
		fmt.Print(text(builds, e.ImportPath))
	case "output":
		add(outputs, key, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			finish(e, total, packages[e.Package], text(outputs, key))
			delete(packages, e.Package) // its other tests may follow
			delete(outputs, key)
			return
		}
		total.kinds[kind(e.Test)]++
		for _, c := range []*counts{total, packages[e.Package]} {
			switch e.Action {
			case "pass":
				c.passed++
			case "fail":
				c.failed++
			case "skip":
				c.skipped++
			}
		}
		if e.Action != "pass" {
			fmt.Print(text(outputs, key))
		}
		delete(outputs, key)
	}
}

// finish prints the line of a package that is done. A package without tests has none.
func finish(e event, total, c *counts, output string) {
	if e.Action == "fail" && c.failed == 0 {
		c.failed++
		total.failed++
		fmt.Print(output)
	}
	if c.passed+c.failed+c.skipped > 0 {
		fmt.Printf("%-4s %s: %d passed, %d failed, %d skipped in %.1f s\n", e.Action, e.Package, c.passed, c.failed,
			c.skipped, e.Elapsed)
	}
}

func add(m map[string]*strings.Builder, key, output string) {
	if m[key] == nil {
		m[key] = new(strings.Builder)
	}
	m[key].WriteString(output)
}

func text(m map[string]*strings.Builder, key string) string {
	if b := m[key]; b != nil {
		return b.String()
	}
	return ""
}
