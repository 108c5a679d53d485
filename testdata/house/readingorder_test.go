package house_test

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

var readingOrder = regexp.MustCompile(`(?i)\breading order\b`)

// TestReadingOrdersAreComplete: where the document of a package gives the reading order of its files, each of them has
// a place in it. One file stands for those that do the same for other systems: renew_unix.go for renew_other.go.
func TestReadingOrdersAreComplete(t *testing.T) {
	all, orders := sources(t), 0
	for _, s := range all {
		if s.isTest() || !readingOrder.MatchString(s.file.Doc.Text()) {
			continue
		}
		orders++
		named := map[string]bool{idea(s.path): true}
		for _, name := range goFile.FindAllString(s.file.Doc.Text(), -1) {
			named[idea(name)] = true
		}
		for _, other := range all {
			if other.room() == s.room() && !other.isTest() && !named[idea(other.path)] {
				t.Errorf("%s: the reading order does not have %s", s.path, path.Base(other.path))
			}
		}
	}
	if orders < 5 {
		t.Errorf("found %d reading orders: where are they?", orders)
	}
}

// idea is the name of a file without what says for which system it is.
func idea(file string) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".go"), "_")
	return name
}
