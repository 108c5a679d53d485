package config

var (
	FormatDuration = formatDuration
	ParseDuration  = parseDuration
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

// LoadText is Load of a file that has this text.
func LoadText(path, text string) (*Config, error) {
	values, problems := parseFile(path, []byte(text))
	return load(values, problems, Sources{File: path})
}
