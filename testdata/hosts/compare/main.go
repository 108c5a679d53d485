// Command compare puts what the runners of the kit said beside what it wants, and their figures beside one another. Its
// last line is "N passed, N failed, N skipped", with a count for each cell of the matrix host × case.
//
//	compare RESULTS…          compares files HOST.kit.jsonl, and says what differs
//	compare -hosts FOLDER     compares all hosts of the matrix, by the files in a folder, prints the matrix and holds
//	                          it beside testdata/hosts/table.txt
//	compare -write FOLDER     the same, but writes the matrix to testdata/hosts/table.txt, and the figures, if there
//	                          are some, to docs/performance.md
//
// It runs in the top folder.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

func main() {
	hosts := flag.String("hosts", "", "a folder with the results of all hosts")
	write := flag.String("write", "", "the same, to write tables of")
	flag.Parse()
	k, err := kit.Read("testdata/kit")
	if err != nil {
		fail(err)
	}
	var c *comparison
	switch folder := *hosts + *write; {
	case folder == "":
		c, err = compareFiles(k, flag.Args())
	default:
		c, err = compareHosts(k, folder, *write != "")
	}
	if err != nil {
		fail(err)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", c.passed, c.failed, c.skipped)
	if c.failed > 0 {
		os.Exit(1)
	}
}

// compareFiles compares results by themselves.
func compareFiles(k *kit.Kit, files []string) (*comparison, error) {
	c := newComparison(k)
	for _, file := range files {
		if err := c.add(strings.TrimSuffix(filepath.Base(file), ".kit.jsonl"), file); err != nil {
			return nil, err
		}
	}
	c.printDifferences(os.Stdout)
	return c, nil
}

// compareHosts compares the results of all hosts, and keeps the tables.
func compareHosts(k *kit.Kit, folder string, write bool) (*comparison, error) {
	c := newComparison(k)
	old, err := readTable(tableFile)
	if err != nil {
		return nil, err
	}
	for _, host := range hosts {
		file := filepath.Join(folder, host.name+".kit.jsonl")
		_, err := os.Stat(file)
		switch {
		case err == nil:
			err = c.add(host.name, file)
		case !os.IsNotExist(err):
		case host.byHand:
			err = nil
			c.keep(host.name, old)
		default:
			err = nil
			c.skipped++
			fmt.Printf("skip %s: it has no results\n", host.name)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := allKnown(folder); err != nil {
		return nil, err
	}
	figures, err := readFigures(folder)
	if err != nil {
		return nil, err
	}
	text := c.table(figures.versions, old)
	fmt.Print(text)
	if !write {
		c.hold(old)
		return c, nil
	}
	if err := os.WriteFile(tableFile, []byte(text), 0o644); err != nil {
		return nil, err
	}
	if len(figures.lines) > 0 {
		err = figures.write()
	}
	return c, err
}

// allKnown refuses results of a host without a column.
func allKnown(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.kit.jsonl"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".kit.jsonl")
		if !slices.ContainsFunc(hosts, func(h host) bool { return h.name == name }) {
			return fmt.Errorf("%s has no column in the matrix; testdata/hosts/compare/comparison.go has them", name)
		}
	}
	return err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "compare:", err)
	os.Exit(1)
}
