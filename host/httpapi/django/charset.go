package django

import (
	"fmt"

	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

// lookupCharset finds the codec of the charset parameter of a Content-Type header as Django does: it ignores a name
// that Python does not know, so the charset is UTF-8.
func lookupCharset(label string) (*codecs.Codec, error) {
	c, known := (*codecs.Codec)(nil), false
	if label != "" {
		c, known = codecs.Lookup(label)
	}
	switch {
	case !known:
		return codecs.UTF8, nil
	case c == nil:
		return nil, &ParseError{fmt.Sprintf(`Unsupported charset "%s" in request Content-Type header.`, label)}
	}
	return c, nil
}

// KnownCharset reports whether Python knows a charset by this name.
func KnownCharset(label string) bool {
	_, known := codecs.Lookup(label)
	return known
}

// CheckCharset refuses a charset in which no body can be read.
func CheckCharset(label string) error {
	_, err := lookupCharset(label)
	return err
}
