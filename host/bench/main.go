// Bench measures the service beside its peers. It takes each figure in turns with the one that it is compared with, in
// one run.
//
//	./build.sh bench          all of it, some ten minutes
//	./build.sh bench quick    what needs no other process, about a minute and a half
//
// Fleets are measured where they are named, by -only fleet: see fleetRows.
//
// It prints a table and writes host/bench/results.json, and with all of it host/bench/results.svg. A ratio is ours to
// theirs; the budget bounds it. The peers are in this module alone, so that the service does not depend on them.
// docs/performance.md says what the figures mean.
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
	{"signature", true, stubbedRows, false},
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
}

func main() {
	log.SetFlags(0)
	only := flag.String("only", "", "parts to measure, by commas: "+names())
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: bench [-only PARTS] [quick]")
		flag.PrintDefaults()
	}
	flag.Parse()
	switch role := flag.Arg(0); {
	case role == "" || role == "quick":
	case roles[role] != nil:
		roles[role](flag.Args()[1:])
		return
	default:
		log.Fatalf("unknown %q; bench -h tells the usage", role)
	}
	wanted := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	for _, w := range wanted {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == w }) {
			log.Fatalf("there is no part %q; there are %s", w, names())
		}
	}
	fmt.Printf("%s, %d processors, %s\n", runtime.Version(), runtime.GOMAXPROCS(0),
		time.Now().UTC().Format("2006-01-02"))
	var all []row
	for _, p := range parts {
		if named := slices.Contains(wanted, p.name); !named && (len(wanted) > 0 || p.apart) ||
			flag.Arg(0) == "quick" && !p.quick && !p.apart {
			continue
		}
		rows := p.rows()
		print(os.Stdout, p.name, rows)
		all = append(all, rows...)
	}
	if len(wanted) == 0 {
		check(write(all, flag.Arg(0) != "quick"))
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
