package pages

import "strings"

// maxColoured is the most JSON that is coloured, in bytes. Longer JSON is shown plain, since each piece of it
// takes some fifty bytes of page.
const maxColoured = 64 << 10

// piece is a part of a JSON text. Kind is key, string, number or literal; "" for what stands between them.
type piece struct{ Kind, Text string }

// colour cuts any text into pieces. Joined, their texts are the text.
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

// stringEnd is the end of the string that text begins with: after its second quote, or at the end of text.
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

// span is how many bytes of set text begins with.
func span(text, set string) int {
	return len(text) - len(strings.TrimLeft(text, set))
}
