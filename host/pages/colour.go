package pages

import "strings"

// maxColoured is how much JSON is coloured, in bytes; a longer one is shown plain, since each piece is some fifty
// bytes of page.
const maxColoured = 64 << 10

// piece is a part of a JSON text and what it is: key, string, number, literal, or "" for what stands between.
type piece struct{ Kind, Text string }

// colour cuts a JSON text into pieces, whose texts together are that text, whatever it is.
func colour(text string) []piece {
	if len(text) > maxColoured {
		return []piece{{"", text}}
	}
	var pieces []piece
	for len(text) > 0 {
		end, kind := 1, ""
		switch c := text[0]; {
		case c == '"':
			end = stringEnd(text)
			kind = "string"
			if strings.HasPrefix(strings.TrimLeft(text[end:], " "), ":") {
				kind = "key"
			}
		case c == '-' || '0' <= c && c <= '9':
			end, kind = span(text, "+-.0123456789eE"), "number"
		case 'a' <= c && c <= 'z' || c == 'N' || c == 'I': // true, false, null, NaN, Infinity
			end, kind = span(text, "abcdefghijklmnopqrstuvwxyzNI"), "literal"
		default:
			if end = strings.IndexAny(text, `"-0123456789abcdefghijklmnopqrstuvwxyzNI`); end < 0 {
				end = len(text)
			}
		}
		pieces = append(pieces, piece{kind, text[:end]})
		text = text[end:]
	}
	return pieces
}

// stringEnd is where the string that text begins with ends: after its second quote, or at the end of text.
func stringEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// span is how many bytes of those in set text begins with.
func span(text, set string) int {
	return len(text) - len(strings.TrimLeft(text, set))
}
