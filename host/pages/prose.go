package pages

import "strings"

// run is a part of a text: words, or code, which is cut where a line may break in it.
type run struct {
	Text string
	Code []string // nil: words
}

// prose cuts a text at its backticks, between which stands code. A backtick without another one is itself.
func prose(text string) (runs []run) {
	for {
		before, rest, opened := strings.Cut(text, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !opened || !closed {
			break
		}
		if before != "" {
			runs = append(runs, run{Text: before})
		}
		if code != "" {
			runs = append(runs, run{Code: breakable(code)})
		}
		text = after
	}
	if text != "" {
		runs = append(runs, run{Text: text})
	}
	return runs
}

// breakable cuts a name after its dots and underscores.
func breakable(name string) (parts []string) {
	for name != "" {
		end := strings.IndexAny(name, "._") + 1
		if end == 0 {
			end = len(name)
		}
		parts, name = append(parts, name[:end]), name[end:]
	}
	return parts
}
