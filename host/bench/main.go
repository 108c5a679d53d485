// Bench measures the service beside its peers. It takes each figure in turns with the one that it is compared with, in
// one run.
//
//	./build.sh bench          all of it, some ten minutes
//	./build.sh bench quick    what needs no other process, about a minute and a half
//	./build.sh bench peers    verifiers of other languages, which peers/setup installs, some five minutes
//
// Fleets are measured where they are named, by -only fleet: see fleetRows.
//
// It prints a table and writes host/bench/results.json, and unless quick host/bench/results.svg. A run replaces the
// rows of the parts that it measures, and keeps the others with their day: those of peers stay when all the rest is
// measured, and the other way round. With -only it writes nothing. The peers' table in docs/performance.md is written
// from results.json, by the run that measures them, or again by `go run . table`.
//
// A ratio is ours to theirs; the budget bounds it. The peers are in this module alone, so that the service does not
// depend on them. docs/performance.md says what the figures mean.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// part is a group of rows that are measured together.
type part struct {
	name  string
	quick bool // needs no other process
	rows  func() []row
	apart bool // measured only where it is named
}

var parts = []part{
	{"verify", true, verifyRows, false},
	{"cached", true, cachedRows, false},
	{"signature", true, signatureRows, false},
	{"issue", true, issueRows, false},
	{"growth", true, growthRows, false},
	{"state", false, stateRows, false},
	{"size", true, sizeRows, false},
	{"start", false, startRows, false},
	{"http", false, httpRows, false},
	{"rotation", false, rotationRows, false},
	{"memory", false, memoryRows, false},
	{"import", false, importRows, false},
	{"fleet", false, fleetRows, true},
	{"peers", false, languageRows, true},
}

func main() {
	log.SetFlags(0)
	only := flag.String("only", "", "parts to measure, by commas: "+names())
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: bench [-only PARTS] [quick | peers | table]")
		flag.PrintDefaults()
	}
	flag.Parse()
	mode := flag.Arg(0)
	switch role := mode; {
	case role == "" || role == "quick" || role == "peers":
	case roles[role] != nil:
		roles[role](flag.Args()[1:])
		return
	default:
		log.Fatalf("unknown %q; bench -h tells the usage", role)
	}
	wanted := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	if mode == "peers" {
		wanted = []string{mode}
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == w }) {
			log.Fatalf("there is no part %q; there are %s", w, names())
		}
	}
	day := time.Now().UTC().Format(time.DateOnly)
	fmt.Printf("%s, %d processors, %s\n", runtime.Version(), runtime.GOMAXPROCS(0), day)
	var all []row
	for _, p := range parts {
		if named := slices.Contains(wanted, p.name); !named && (len(wanted) > 0 || p.apart) ||
			mode == "quick" && !p.quick && !p.apart {
			continue
		}
		rows := p.rows()
		for i := range rows {
			rows[i].Part, rows[i].Measured = p.name, day
		}
		print(os.Stdout, p.name, rows)
		all = append(all, rows...)
	}
	if *only == "" {
		check(write(all, mode != "quick"))
	}
	if mode == "peers" {
		check(writePeerTables())
	}
	missed := 0
	for _, r := range all {
		if r.Budget != 0 && !r.Met {
			missed++
		}
	}
	fmt.Printf("%d rows, %d over their budget\n", len(all), missed)
}

func names() string {
	var list []string
	for _, p := range parts {
		list = append(list, p.name)
	}
	return strings.Join(list, ", ")
}

// roles are what this program does as another process.
var roles = map[string]func(args []string){}

func check(err error) {
	if err == nil {
		return
	}
	for _, p := range made {
		if p.command.Process != nil {
			_ = p.command.Process.Kill()
		}
	}
	log.Fatal(err)
}
