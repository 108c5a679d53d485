package admin

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

// What is most likely a mistake is refused where a person gives it, unless the call is forced. Where a file gives it,
// there is a warning: its customers are as they are.

func isForced(v url.Values) bool { return v.Get("force") == "true" }

// forced adds to a URL that a call is forced.
func forced(force bool, v url.Values) url.Values {
	if force {
		v.Set("force", "true")
	}
	return v
}

// checkAt refuses an e-mail address without @. The store refuses an empty one.
func checkAt(email string, force bool) error {
	if force || email == "" || strings.Contains(email, "@") {
		return nil
	}
	return fmt.Errorf("the e-mail address %q has no @: use it all the same with --force", email)
}

// checkLength refuses a password that is too short for its hash to protect it.
func (s *server) checkLength(c customerjson.Customer, force bool) error {
	if force || c.Password == nil {
		return nil
	}
	return LongEnough(*c.Password, s.cfg.MinPassword)
}

// LongEnough refuses a password of fewer characters than least. It counts them as Django's MinimumLengthValidator does.
func LongEnough(password string, least int) error {
	n := utf8.RuneCountInString(password)
	if n >= least {
		return nil
	}
	characters := "characters"
	if n == 1 {
		characters = "character"
	}
	return fmt.Errorf("the password has %d %s, and password.min_length is %d: "+
		"choose a longer one, or use it all the same with --force", n, characters, least)
}

// mistakes are the warnings for customers of a file.
func (s *server) mistakes(given []customerjson.Customer) (warnings []string) {
	short := 0
	var permissions []string
	for _, c := range given {
		if s.checkLength(c, false) != nil {
			short++
		}
		permissions = append(permissions, c.Permissions...)
		for _, more := range c.Groups {
			permissions = append(permissions, more...)
		}
	}
	if short > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of the passwords %s fewer than %d characters (password.min_length)",
			short, have(short), s.cfg.MinPassword))
	}
	return append(warnings, s.unknownPermissions(permissions)...)
}

// maxNamed bounds how many permissions one warning names.
const maxNamed = 5

// unknownPermissions warns of permissions that no endpoint asks for; nil if there are none.
func (s *server) unknownPermissions(list []string) []string {
	unknown := s.unasked(list)
	if len(unknown) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("nothing here asks for %s: end points know %s; others stand in claims only",
		named(unknown), strings.Join(s.cfg.Permissions, ", "))}
}

// unasked are those among permissions that no end point asks for, sorted, each once.
func (s *server) unasked(list []string) (unknown []string) {
	for _, p := range list {
		if !slices.Contains(s.cfg.Permissions, p) {
			unknown = append(unknown, p)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// named lists permissions for a warning, the first few by name.
func named(list []string) string {
	if n := len(list); n > maxNamed {
		list = append(list[:maxNamed:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
	}
	return strings.Join(list, ", ")
}
