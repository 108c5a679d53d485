package core

// SplitAuthorization reads the value of the header that AUTH_HEADER_NAME names, as simplejwt does: parted at ASCII white space, a type of
// AUTH_HEADER_TYPES in its exact spelling, then the token. NoHeader where there is none or it is of another
// scheme, HeaderInParts where there are not two parts.
func SplitAuthorization(header []byte, s *Settings) (token []byte, cause Cause) {
	scheme, rest := cutField(header)
	if !knownScheme(scheme, s.AuthHeaderTypes) {
		return nil, NoHeader
	}
	token, rest = cutField(rest)
	if more, _ := cutField(rest); len(token) == 0 || len(more) > 0 {
		return nil, HeaderInParts
	}
	return token, OK
}

func knownScheme(scheme []byte, types []string) bool {
	for _, t := range types {
		if len(scheme) > 0 && string(scheme) == t {
			return true
		}
	}
	return false
}

// cutField takes the first field off b: Python's bytes.split().
func cutField(b []byte) (field, rest []byte) {
	for len(b) > 0 && asciiSpace(b[0]) {
		b = b[1:]
	}
	for i, c := range b {
		if asciiSpace(c) {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

func asciiSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
