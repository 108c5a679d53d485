package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
)

// SplitAuthorization reads the value of the header that AUTH_HEADER_NAME names, as simplejwt does: parted at ASCII
// white space, a type of AUTH_HEADER_TYPES in its exact spelling, then the token. NoHeader where there is none or it
// is of another scheme, HeaderInParts where there are not two parts.
func SplitAuthorization[T string | []byte](header T, s *Settings) (token T, c cause.Cause) {
	scheme, rest := cutField(header)
	if !knownScheme(scheme, s.AuthHeaderTypes) {
		return token, cause.NoHeader
	}
	field, rest := cutField(rest)
	if more, _ := cutField(rest); len(field) == 0 || len(more) > 0 {
		return token, cause.HeaderInParts
	}
	return field, cause.OK
}

func knownScheme[T string | []byte](scheme T, types []string) bool {
	for _, t := range types {
		if len(scheme) > 0 && string(scheme) == t {
			return true
		}
	}
	return false
}

// cutField takes the first field off b: Python's bytes.split().
func cutField[T string | []byte](b T) (field, rest T) {
	for len(b) > 0 && asciiSpace(b[0]) {
		b = b[1:]
	}
	for i := range len(b) {
		if asciiSpace(b[i]) {
			return b[:i], b[i:]
		}
	}
	return b, rest
}

func asciiSpace(c byte) bool { return c <= ' ' && (c == ' ' || '\t' <= c && c <= '\r') }
