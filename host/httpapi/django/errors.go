package django

import "errors"

// ParseError says that a body could not be read, in the words of the reference. Its text is safe to
// show and is the "detail" of a 400 answer in JSON:
//
//	{"detail":"JSON parse error - Expecting value: line 1 column 1 (char 0)"}
type ParseError struct{ Detail string }

// Error returns the detail.
func (e *ParseError) Error() string { return e.Detail }

// Django itself answers the errors below, before the REST framework is reached: with 400 and its page
// "Bad Request (400)".
var (
	ErrTooManyFields = errors.New("form has too many fields: send at most 1000")
	ErrTooManyFiles  = errors.New("multipart form has too many files: send at most 100")
	ErrBodyTooLarge  = errors.New("body is too large: send at most 2621440 bytes outside of files")
)

// The reference answers the errors below with a 500 page, since it fails while it writes the answer; for
// ErrAnswerTooLarge it would take very long.
var (
	ErrLoneSurrogate  = errors.New("answer holds a lone surrogate, which UTF-8 cannot express")
	ErrNotFinite      = errors.New("answer holds a number that is not finite, which JSON cannot express")
	ErrAnswerTooLarge = errors.New("answer is too long with indentation: ask for it without")
	ErrFileNotText    = errors.New("uploaded file is not UTF-8, so it cannot be shown in JSON")
)
