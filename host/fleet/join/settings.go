package join

import (
	"fmt"
	"maps"
	"slices"
)

// Setting is a value of the configuration on which the nodes of a fleet have to agree.
type Setting struct {
	Value string `json:"value"` // as edgetoken config shows it
	// Must says that nodes with other values would break what the fleet promises, or refuse each other's tokens. Else
	// it is worth a warning.
	Must bool `json:"must"`
}

// Settings are the values on which the nodes of a fleet have to agree, by their keys in the configuration.
type Settings map[string]Setting

// maxSettings bounds the settings of a request.
const maxSettings = 100

// Compare says where the settings of a node differ from those of the hub: what keeps it out of the fleet, and what it
// is warned of. A key that only one of the two knows, since it is of another version, is worth a warning.
func Compare(hub, node Settings) (refused, warnings []string) {
	keys := Settings{}
	maps.Copy(keys, hub)
	maps.Copy(keys, node)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		of, its := hub[key], node[key]
		_, first := hub[key]
		_, second := node[key]
		switch {
		case !first || !second:
			warnings = append(warnings, fmt.Sprintf("only one of the two nodes knows %.80q: use the same version", key))
		case of.Value == its.Value:
		case of.Must || its.Must:
			refused = append(refused, differ(key, of, its))
		default:
			warnings = append(warnings, differ(key, of, its))
		}
	}
	return refused, warnings
}

func differ(key string, of, its Setting) string {
	return fmt.Sprintf("%s is %.200q at the hub and %.200q here", key, of.Value, its.Value)
}
