package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// syntaxReasons are the messages of the parser that are shown as they are. Each is fixed text: no message that quotes
// the file is among them, since what stands at a wrong place may be a secret.
var syntaxReasons = []string{
	"value is not allowed in this context",
	"value is not allowed in this context. map key-value is pre-defined",
	"mapping value is not allowed in this context",
	"block sequence entries are not allowed in this context",
	"anchor is not allowed in this context",
	"tag is not allowed in this context",
	"non-map value is specified",
	"unexpected key name",
	"unexpected map key",
	"unexpected scalar value",
	"map key definition includes an implicit line break",
	"found an invalid key for this map",
	"could not find map value",
	"could not find flow map content",
	"could not find flow mapping end token '}'",
	"could not find '[' character corresponding to ']'",
	"could not find '{' character corresponding to '}'",
	"',' or '}' must be specified",
	"',' or ']' must be specified",
	"expected sequence element, but found ','",
	"sequence end token ']' not found",
	"value cannot be placed after document separator",
	"found a tab character where an indentation space is expected",
	"tab character cannot use as a map key directly",
	"tab character cannot use as a sequence delimiter",
	"tab character cannot be used for indentation in double-quoted text",
	"could not find end character of double-quoted text",
	"could not find end character of single-quoted text",
	"tab character cannot be used for indentation in single-quoted text",
	"invalid number of indent is specified after space only",
	"invalid number of indent is specified in the multi-line header",
	"could not find directive value",
	"undefined directive value",
	"undefined anchor name",
	"undefined alias name",
	"'@' is a reserved character",
	"'`' is a reserved character",
	"found unexpected document separator",
}

const inQuotes = "a value that begins with @, ` or %, or holds \": \", must be put in quotes"

// syntaxMistake says in words of its own, and at which line, why a text is no YAML.
func syntaxMistake(err error) (line int, text string) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) {
		return 0, "is no YAML"
	}
	if syntax.Token != nil && syntax.Token.Position != nil {
		line = syntax.Token.Position.Line
	}
	text = "is no YAML"
	switch {
	case strings.HasPrefix(syntax.Message, "invalid header option"):
		return line, text + ": what follows | or > on its line is no part of the value; a value that begins with | " +
			"or > must be put in quotes"
	case strings.HasPrefix(syntax.Message, "found unknown escape character"):
		return line, text + `: \ in double quotes begins an escape: write \\ for it, or put the value in single quotes`
	case slices.Contains(syntaxReasons, syntax.Message):
		text += ": " + syntax.Message
	}
	if m := syntax.Message; strings.Contains(m, "reserved character") ||
		strings.Contains(m, "mapping value is not allowed") || strings.Contains(m, "directive value") {
		text += "; " + inQuotes
	}
	return line, text
}
