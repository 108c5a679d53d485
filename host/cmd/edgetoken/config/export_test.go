package config

var (
	FormatDuration = formatDuration
	ParseDuration  = parseDuration
)
