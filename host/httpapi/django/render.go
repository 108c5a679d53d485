package django

import (
	"math"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// Render writes a value as Django REST framework's JSONRenderer does: UTF-8, no spaces, U+2028 and
// U+2029 escaped. indent is the count of spaces per level, 0 for all on one line. A null as the
// whole answer is an empty body. Errors are ErrLoneSurrogate, ErrNotFinite
// and, only where there is indentation, ErrAnswerTooLarge.
//
//	{"detail":"Not found."}
func Render(v Value, indent int) ([]byte, error) {
	if v.kind == KindNull {
		return nil, nil
	}
	r := renderer{indent: indent, out: make([]byte, 0, roomFor(v))}
	if err := r.value(v, 0); err != nil {
		return nil, err
	}
	return r.out, nil
}

// roomFor is how many bytes an object of texts without escapes takes on one line, so that the answer to a refresh is
// written into one piece of memory.
func roomFor(v Value) int {
	const brackets, quotes = 2, 6
	n := brackets + grows
	for _, m := range v.Members() {
		n += len(m.Name) + len(m.Value.text) + quotes
	}
	return n
}

// Indent returns the indentation that the "indent" parameter of an accepted media type asks for
// ("application/json; indent=4"): at most 8, and 0 where it is not a number.
func Indent(parameter string) int {
	digits, err := python.ParseInt(parameter)
	switch {
	case err != nil || digits[0] == '-':
		return 0
	case len(digits) > 1:
		return 8
	}
	return min(int(digits[0]-'0'), 8)
}

type renderer struct {
	out    []byte
	indent int
}

func (r *renderer) value(v Value, level int) error {
	switch v.kind {
	case KindNull:
		r.out = append(r.out, "null"...)
	case KindBool:
		if v.boolean {
			r.out = append(r.out, "true"...)
		} else {
			r.out = append(r.out, "false"...)
		}
	case KindInt:
		r.out = append(r.out, v.text...)
	case KindFloat:
		if math.IsInf(v.float, 0) || math.IsNaN(v.float) {
			return ErrNotFinite
		}
		r.out = append(r.out, python.FloatRepr(v.float)...)
	case KindString:
		return r.string(v.text)
	case KindList:
		return r.list(v.List(), level)
	case KindObject:
		return r.object(v.Members(), level)
	}
	return nil
}

func (r *renderer) list(values []Value, level int) error {
	if len(values) == 0 {
		r.out = append(r.out, "[]"...)
		return nil
	}
	separator := byte('[')
	for _, value := range values {
		r.out = append(r.out, separator)
		separator = ','
		if err := r.newLine(level + 1); err != nil {
			return err
		}
		if err := r.value(value, level+1); err != nil {
			return err
		}
	}
	err := r.newLine(level)
	r.out = append(r.out, ']')
	return err
}

// object goes through its members as list does through its values. A loop for both would call a function for each.
func (r *renderer) object(members []Member, level int) error {
	if len(members) == 0 {
		r.out = append(r.out, "{}"...)
		return nil
	}
	separator := byte('{')
	for _, member := range members {
		r.out = append(r.out, separator)
		separator = ','
		if err := r.newLine(level + 1); err != nil {
			return err
		}
		if err := r.string(member.Name); err != nil {
			return err
		}
		r.out = append(r.out, ':')
		if r.indent > 0 {
			r.out = append(r.out, ' ')
		}
		if err := r.value(member.Value, level+1); err != nil {
			return err
		}
	}
	err := r.newLine(level)
	r.out = append(r.out, '}')
	return err
}

// newLine begins a line of an indented answer. It bounds the length, since indentation can make a short document very
// long.
func (r *renderer) newLine(level int) error {
	if r.indent == 0 {
		return nil
	}
	if len(r.out) > maxIndented {
		return ErrAnswerTooLarge
	}
	r.out = append(r.out, '\n')
	r.out = append(r.out, strings.Repeat(" ", level*r.indent)...)
	return nil
}

// maxIndented is how long an indented answer may become, in bytes.
const maxIndented = 1 << 20

// grows is how many bytes each text has room for beside its own, in bytes: what follows it in most answers.
const grows = 8

// string writes a text in quotes. Everything from U+007F on stands for itself, but for the two line
// separators, which old JavaScript does not take in a literal.
func (r *renderer) string(s string) error {
	const hex = "0123456789abcdef"
	if _, found := hasSurrogate(s); found {
		return ErrLoneSurrogate
	}
	r.out = append(slices.Grow(r.out, len(s)+grows), '"')
	written := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0xe2 {
			continue
		}
		r.out = append(r.out, s[written:i]...)
		switch {
		case c == '"' || c == '\\':
			r.out = append(r.out, '\\', c)
		case c == '\n':
			r.out = append(r.out, `\n`...)
		case c == '\r':
			r.out = append(r.out, `\r`...)
		case c == '\t':
			r.out = append(r.out, `\t`...)
		case c == '\b':
			r.out = append(r.out, `\b`...)
		case c == '\f':
			r.out = append(r.out, `\f`...)
		case c < ' ':
			r.out = append(r.out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == 0xe2 && (strings.HasPrefix(s[i:], "\u2028") || strings.HasPrefix(s[i:], "\u2029")):
			r.out = append(r.out, `\u202`...)
			r.out = append(r.out, hex[s[i+2]&15])
			i += 2
		default:
			r.out = append(r.out, c)
		}
		written = i + 1
	}
	r.out = append(append(r.out, s[written:]...), '"')
	return nil
}
