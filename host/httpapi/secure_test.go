package httpapi_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// decided are the topics whose answers are decisions, which each engine makes for itself.
var decided = []string{"refresh", "verify", "authorization", "blacklist", "settings", "sliding", "rotation",
	"revocation"}

// quickDecision reports whether a sandbox replays a case too: a decision that waits for nothing.
func quickDecision(r recording) bool { return !r.waits() && slices.Contains(decided, r.topic) }

// TestSecureDifferences replays all recordings under wire: secure. secure.txt lists those whose answers then differ: a
// case on the list must differ, and one that is not must be answered as recorded. Whatever the answer, it is one that
// the description of the node promises.
func TestSecureDifferences(t *testing.T) {
	t.Parallel()
	c := readCorpus(t)
	listed := readDifferences(t)
	for _, kind := range engines {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			open := kind.open(t)
			for version, names := range listed {
				cases := c.recordings(t, version)
				if kind.name != "native" {
					cases = slices.DeleteFunc(cases, func(r recording) bool { return !quickDecision(r) })
				}
				c.compareSecure(t, version, cases, names, open)
			}
		})
	}
}

// compareSecure replays cases of a version under wire: secure. listed are the names of those that must differ.
func (c *corpus) compareSecure(
	t *testing.T, version core.Version, cases []recording, listed map[string]bool, open opener,
) {
	ended := map[string]func() error{}
	for _, group := range groups(cases) {
		settings, err := c.settings(group[0].Settings)
		if err != nil {
			t.Fatalf("%s: %v", group[0].Name, err)
		}
		settings["secure"] = true
		keys := keysFor(t, settings)
		server := startRecorded(t, version, settings, c.customers(t, group[0].Setup), keys, open)
		promised := describedBy(t, server)
		for _, r := range group {
			ended[r.Name] = replaying(server, promised, r, settings, keys)
		}
	}
	for name, ended := range ended {
		switch err := ended(); {
		case errors.Is(err, errNotAsDescribed):
			t.Errorf("%s %s: %v", version, name, err)
		case err != nil && !listed[name]:
			t.Errorf("%s %s differs and is not in secure.txt: %v", version, name, err)
		case err == nil && listed[name]:
			t.Errorf("%s %s is in secure.txt and answered as recorded", version, name)
		}
	}
}

// readDifferences gives the names in secure.txt, by version.
func readDifferences(t *testing.T) map[core.Version]map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(conformanceDir, "secure.txt"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[core.Version]map[string]bool{core.V55: {}, core.V52: {}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		versions, name, _ := strings.Cut(line, " ")
		for version := range strings.SplitSeq(versions, ",") {
			if listed[core.Version(version)] == nil {
				t.Fatalf("secure.txt: %q begins with no version", line)
			}
			listed[core.Version(version)][name] = true
		}
	}
	return listed
}
