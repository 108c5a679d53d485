package store

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// wrongRules are rules that a fleet must not have, each where PLANTED names it.
var wrongRules = []struct {
	name   string
	faults []faultdisk.Fault
}{
	{"the last writer wins whole customers", []faultdisk.Fault{{Source: "store/person.go",
		Was: "	at := f.Stamp\n", Is: `	at := f.Stamp
	if planted("the last writer wins whole customers") {
		for _, last := range []fact.Stamp{p.email.at, p.firstName.at, p.lastName.at, p.active.at, p.staff.at,
			p.superuser.at, p.password.at, p.attributes.at} {
			if last.After(at) {
				return false
			}
		}
	}
`}}},
	{"an add deletes the tombstone", []faultdisk.Fault{{Source: "store/applycustomer.go",
		Was: "func (w *writer) occupy(key []byte, p person) error {\n",
		Is: `func (w *writer) occupy(key []byte, p person) error {
	if planted("an add deletes the tombstone") {
		w.remove(tombstonesBucket, key)
		w.remove(cutOffsBucket, key)
	}
`}}},
	{"a cut-off is raised when it is applied", []faultdisk.Fault{{Source: "store/cutoff.go",
		Was: "	after := cutOff{at: max(bounded(old.at), f.At), until: max(old.until, f.Until)}\n",
		Is: `	after := cutOff{at: max(bounded(old.at), f.At), until: max(old.until, f.Until)}
	if planted("a cut-off is raised when it is applied") && f.At > old.at {
		after.at = max(after.at, w.granted)
	}
`}}},
	{"starts are no part of names", []faultdisk.Fault{{Source: "store/recordkeys.go",
		Was: "	if k.Start != 0 {\n", Is: `	if k.Start != 0 && !planted("starts are no part of names") {
`}}},
	{"a record without a start is about no other", []faultdisk.Fault{{Source: "store/tables.go",
		Was: "		one, err := decodeFamily(value)\n", Is: `		if planted("a record without a start is about no other") && whole {
			continue
		}
		one, err := decodeFamily(value)
`}}},
	{"records that come are not indexed", []faultdisk.Fault{{Source: "store/family.go",
		Was: "		w.known.add(k)\n", Is: `		if !planted("records that come are not indexed") {
			w.known.add(k)
		}
`}}},
	{"the life of tokens is the last that was said", []faultdisk.Fault{{Source: "store/keyrecord.go",
		Was: "		at.Longest = longest\n", Is: `		if at.Longest = longest; planted("the life of tokens is the last that was said") {
			at.Longest = f.Longest
		}
`}}},
	{"a retirement ends with the next change", []faultdisk.Fault{{Source: "store/keyrecord.go",
		Was: "		*k = keyRecord{at, earlier(k.retired, f.Retired())}\n",
		Is: `		*k = keyRecord{at, earlier(k.retired, f.Retired())}
		if planted("a retirement ends with the next change") {
			k.retired = f.Retired()
		}
`}}},
	{"sequences go on after a restore", []faultdisk.Fault{{Source: "store/outbox.go",
		Was: "	const lower = 64 - incarnationTimeBits\n",
		Is: `	if planted("sequences go on after a restore") && last != 0 {
		return last, nil
	}
	const lower = 64 - incarnationTimeBits
`}, {Source: "store/db.go", Was: "clock: f.clock(), node: f.node}", Is: "clock: f.clock(), node: f.node, last: f.end}"},
		{Source: "store/open.go", Was: "	purgeClock  int64\n", Is: "	purgeClock  int64\n	end head\n"},
		{Source: "store/schema.go", Was: "	f.transaction = tx.ID()\n", Is: `	f.transaction = tx.ID()
	if _, v := tx.Bucket(outboxBucket).Cursor().Last(); v != nil && planted("sequences go on after a restore") {
		last, err := fact.ParseFrame(v)
		if err != nil {
			return err
		}
		f.end = head{last.Sequence, last.Hash()}
	}
`}}},
}

// The histories find what they are there to find. The test runs itself in a build that has the wrong rules.
func TestHistoriesFind(t *testing.T) {
	if os.Getenv("HISTORIES_PLANTED") != "" {
		findWrongRules(t)
		return
	}
	all := []faultdisk.Fault{{Source: "store/planted.go", Is: "package store\n\nimport \"os\"\n\nfunc planted(name " +
		"string) bool { return os.Getenv(\"PLANTED\") == name }\n"}}
	for _, r := range wrongRules {
		all = append(all, r.faults...)
	}
	t.Setenv("HISTORIES_PLANTED", "1")
	out, err := faultdisk.Run(t, "TestHistoriesFind", all...)
	for _, line := range regexp.MustCompile(`.*found after.*`).FindAllString(out, -1) {
		t.Log(line)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// findWrongRules breaks one rule after the other, and wants a history that shows it.
func findWrongRules(t *testing.T) {
	for _, r := range wrongRules {
		t.Setenv("PLANTED", r.name)
		ran, found := search(t, 0, 5000)
		if found == nil {
			t.Errorf("%s: not found in %d histories", r.name, ran)
			continue
		}
		fmt.Printf("%s: found after %d histories, in %d steps: %v\n", r.name, ran, len(found.steps), found.err)
	}
}
