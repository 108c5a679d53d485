package httpapi_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// The recorded exchanges of testdata/conformance, replayed over real HTTP against every engine. The format is that of
// the README there.

const conformanceDir = "../../testdata/conformance"

// topics are replayed whole.
func topics(version core.Version) []string {
	all := []string{"obtain", "refresh", "verify", "authorization", "claims", "blacklist", "bodies", "text", "http",
		"settings", "permissions", "browser", "sliding", "rotation", "hashes"}
	if version == core.V55 { // the version before knows no revocation by password
		all = append(all, "revocation")
	}
	return all
}

// engines are what each recording is replayed against.
var engines = []struct {
	name string
	open func(*testing.T) opener
}{
	{"native", native},
	{"wasm", func(t *testing.T) opener { return sandbox(t, false) }},
	{"wasm-full", func(t *testing.T) opener { return sandbox(t, true) }},
}

// opener makes an engine with these settings and keys.
type opener func(core.Settings, core.Keys) (core.Engine, error)

func native(*testing.T) opener {
	return func(s core.Settings, k core.Keys) (core.Engine, error) { return core.NewNative(s, k), nil }
}

// sandbox compiles the module once, for all settings.
func sandbox(t *testing.T, selfContained bool) opener {
	var e *engine.Engine
	return func(s core.Settings, k core.Keys) (core.Engine, error) {
		if e != nil {
			return e.With(s, k)
		}
		var err error
		e, err = engine.New(t.Context(), engine.Config{Settings: s, Keys: k, SelfContained: selfContained,
			Module:   enginetest.Module(t, selfContained),
			CacheDir: enginetest.CacheDir(t)})
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() {
			if err := e.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return e, nil
	}
}

// recording is one case of a topic.
type recording struct {
	Name     string
	Settings map[string]any
	Setup    any
	Steps    []struct {
		Sleep        float64
		Request      map[string]any
		Response     map[string]any
		Alternatives []map[string]any
	}
	topic string
}

// corpus is what the folder holds beside the topics.
type corpus struct {
	keys   map[string]map[string]string
	setups map[string]any
}

// TestConformance replays with all engines at once: an engine serves one node after the other, and waits where a
// recording does.
func TestConformance(t *testing.T) {
	c := readCorpus(t)
	for _, kind := range engines {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			open := kind.open(t)
			for _, version := range []core.Version{core.V55, core.V52} {
				t.Run(string(version), func(t *testing.T) { c.replayAll(t, version, open) })
			}
		})
	}
}

// replayAll replays the recordings of one version with one engine.
func (c *corpus) replayAll(t *testing.T, version core.Version, open opener) {
	counts := map[string]int{}
	waiting := map[string]func() error{}
	for _, group := range groups(c.recordings(t, version)) {
		settings, err := c.settings(group[0].Settings)
		if err != nil {
			t.Fatalf("%s: %v", group[0].Name, err)
		}
		keys := keysFor(t, settings)
		server := startRecorded(t, version, settings, c.customers(t, group[0].Setup), keys, open)
		promised := describedBy(t, server)
		for _, r := range group {
			counts[r.topic]++
			name := r.topic + "/" + strings.TrimPrefix(r.Name, r.topic+": ")
			if r.waits() {
				waiting[name] = replaying(server, promised, r, settings, keys)
				continue
			}
			t.Run(name, func(t *testing.T) { report(t, replay(server, promised, r, settings, keys)) })
		}
	}
	for name, ended := range waiting {
		t.Run(name, func(t *testing.T) { report(t, ended()) })
	}
	for _, topic := range topics(version) {
		t.Logf("%s: %d cases", topic, counts[topic])
		if counts[topic] == 0 {
			t.Errorf("topic %s has no case to replay", topic)
		}
	}
}

func report(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func readCorpus(t *testing.T) *corpus {
	t.Helper()
	c := &corpus{}
	readJSON(t, filepath.Join(conformanceDir, "keys.json"), &c.keys)
	readJSON(t, filepath.Join(conformanceDir, "setups.json"), &c.setups)
	return c
}

// recordings are the cases of all topics.
func (c *corpus) recordings(t *testing.T, version core.Version) []recording {
	t.Helper()
	var all []recording
	for _, topic := range topics(version) {
		var cases []recording
		readJSON(t, filepath.Join(conformanceDir, string(version), topic+".json"), &cases)
		for _, r := range cases {
			r.topic = topic
			all = append(all, r)
		}
	}
	return all
}

// groups are the cases that can share a node: those with equal settings and customers.
func groups(cases []recording) [][]recording {
	var out [][]recording
next:
	for _, r := range cases {
		for i, g := range out {
			if reflect.DeepEqual(g[0].Settings, r.Settings) && reflect.DeepEqual(g[0].Setup, r.Setup) {
				out[i] = append(g, r)
				continue next
			}
		}
		out = append(out, []recording{r})
	}
	return out
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := json.NewDecoder(file)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
