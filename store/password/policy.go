package password

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Policy says which passwords a person may choose. A log-in does not ask it.
type Policy struct {
	// MinLength is the least number of characters.
	MinLength int
}

// Faults say what is wrong with a new password, as Django's MinimumLengthValidator and CommonPasswordValidator do, and
// two more that keep it usable; nil if it is good:
//
//	This password is too short. It must contain at least 8 characters.
//	This password is too common.
//	This password is too long. It must contain at most 4096 bytes.
//	This password begins or ends with white space, which a log-in by the API leaves out.
func (p Policy) Faults(password string) (faults []string) {
	if len(password) > MaxBytes { // before any other work
		return []string{fmt.Sprintf("This password is too long. It must contain at most %d bytes.", MaxBytes)}
	}
	if utf8.RuneCountInString(password) < p.MinLength {
		characters := "characters"
		if p.MinLength == 1 {
			characters = "character"
		}
		faults = append(faults, fmt.Sprintf("This password is too short. It must contain at least %d %s.",
			p.MinLength, characters))
	}
	if IsCommon(password) {
		faults = append(faults, "This password is too common.")
	}
	if strip(password) != password {
		faults = append(faults,
			"This password begins or ends with white space, which a log-in by the API leaves out.")
	}
	return faults
}

// common are the 19,640 passwords of Django's list, one a line, lower-cased and sorted by bytes: see common.LICENSE. It
// is searched where it lies in the program, so that it takes no memory of the process.
//
//go:embed common.txt
var common string

// IsCommon reports whether a password is in Django's list of common ones, without regard to case and to white space
// around it.
func IsCommon(password string) bool {
	password = strip(strings.ToLower(password))
	for low, high := 0, len(common); low < high; {
		// A line begins at low, and one ends before high.
		middle := low + (high-low)/2
		begin := low + strings.LastIndexByte(common[low:middle], '\n') + 1
		end := begin + strings.IndexByte(common[begin:], '\n')
		switch line := common[begin:end]; {
		case line == password:
			return true
		case line < password:
			low = end + 1
		default:
			high = begin
		}
	}
	return false
}

// strip is Python's str.strip, which also cuts off the four separators of ASCII.
func strip(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f })
}
