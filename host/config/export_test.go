package config

import "slices"

var (
	FormatDuration = formatDuration
)

// WarningKeys are the keys of the rows of warnings, in their order, and RowsOf the rows that apply to a configuration.
func WarningKeys() []string {
	var keys []string
	for _, w := range warnings {
		keys = append(keys, w.key)
	}
	return keys
}

func RowsOf(c *Config) []int {
	var rows []int
	for i, w := range warnings {
		if w.text(c) != "" {
			rows = append(rows, i)
		}
	}
	return rows
}

// Refused reports whether a key is known only to be refused.
func Refused(key string) bool {
	return slices.ContainsFunc(refusedRows(), func(r row) bool { return r.key == key })
}

// LimitKey is the key of a field of server.Limits.
func LimitKey(field string) string { return limitNames.Replace("Limits." + field) }

// LoadText is Load of a file that has this text.
func LoadText(path, text string) (*Config, error) {
	values, problems := parseFile(path, []byte(text))
	return load(values, problems, Sources{File: path})
}
