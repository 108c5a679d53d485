//go:build !nofleet

package natslane

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// fleetName has no dot, blank or wildcard, which mean something in subjects.
var fleetName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// subjects makes the subjects of a fleet and reads them; it is "et.<fleet>.".
type subjects string

func newSubjects(fleet string) (subjects, error) {
	if !fleetName.MatchString(fleet) {
		return "", fmt.Errorf("the fleet's name %q has other than letters, digits, - and _, or more than 64", fleet)
	}
	return subjects("et." + fleet + "."), nil
}

func (s subjects) published() string { return string(s) + "log" }

// of is the subject of a kind (up, fetch, hub, home) and a number.
func (s subjects) of(kind string, number uint16) string {
	return string(s) + kind + "." + strconv.Itoa(int(number))
}

// inbox is the beginning of all subjects where asker gets its answers. It ends in a dot.
func (s subjects) inbox(asker uint16) string { return s.of("inbox", asker) + "." }

// answersOf is the beginning of the subjects where answerer answers asker, with a dot at its end.
func (s subjects) answersOf(asker, answerer uint16) string {
	return s.inbox(asker) + strconv.Itoa(int(answerer)) + "."
}

// number is the number at the end of a subject of a kind.
func number(subject string) (uint16, bool) {
	n, err := strconv.ParseUint(subject[strings.LastIndexByte(subject, '.')+1:], 10, 16)
	return uint16(n), err == nil
}

// asker is the number of who waits at a reply subject for an answer of answerer; not ok: it is no such subject.
func (s subjects) asker(reply string, answerer uint16) (uint16, bool) {
	rest, ok := strings.CutPrefix(reply, string(s)+"inbox.")
	if !ok {
		return 0, false
	}
	first, _, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(first, 10, 16)
	return uint16(n), err == nil && strings.HasPrefix(reply, s.answersOf(uint16(n), answerer))
}
