package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// What is most likely a mistake is refused where a person gives it, unless ?force=true, and warned of where a file
// does, whose customers are as they are.

func isForced(r *http.Request) bool { return r.URL.Query().Get("force") == "true" }

// checkAt refuses an e-mail address that is none.
func checkAt(r *http.Request, email string) error {
	if isForced(r) || email == "" || strings.Contains(email, "@") { // the store refuses an empty one
		return nil
	}
	return fmt.Errorf("the e-mail address %q has no @: use it all the same with --force", email)
}

// checkLength refuses a password that is too short to be guarded by its hash.
func (s *server) checkLength(r *http.Request, password string) error {
	if isForced(r) {
		return nil
	}
	return LongEnough(password, s.cfg.MinPassword)
}

// LongEnough counts characters, as Django's MinimumLengthValidator does.
func LongEnough(password string, least int) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n >= least:
		return nil
	case n == 1:
		return fmt.Errorf("the password has 1 character, and password.min_length is %d: choose a longer one, or use it all the same with --force", least)
	}
	return fmt.Errorf("the password has %d characters, and password.min_length is %d: choose a longer one, or use it all the same with --force", n, least)
}

// oddities are warnings of what customers of a file have.
func (s *server) oddities(entries []entry) (warnings []string) {
	short := 0
	var permissions []string
	for _, e := range entries {
		if e.password != nil && LongEnough(*e.password, s.cfg.MinPassword) != nil {
			short++
		}
		permissions = append(permissions, e.Permissions...)
		for _, more := range e.Groups {
			permissions = append(permissions, more...)
		}
	}
	if short > 0 {
		have := "have"
		if short == 1 {
			have = "has"
		}
		warnings = append(warnings, fmt.Sprintf("%d of the passwords %s fewer than %d characters (password.min_length)", short, have, s.cfg.MinPassword))
	}
	return append(warnings, s.unknownPermissions(permissions)...)
}

// unknownPermissions warns of permissions that nothing here asks for; nil where there are none.
func (s *server) unknownPermissions(list []string) []string {
	known := s.cfg.Permissions
	var unknown []string
	for _, p := range list {
		if !slices.Contains(known, p) {
			unknown = append(unknown, p)
		}
	}
	slices.Sort(unknown)
	unknown = slices.Compact(unknown)
	switch n := len(unknown); {
	case n == 0:
		return nil
	case n > permissionsShown:
		unknown = append(unknown[:permissionsShown:permissionsShown], fmt.Sprintf("%d more", n-permissionsShown))
	}
	return []string{fmt.Sprintf("nothing here asks for %s: end points know %s; others stand in claims only", strings.Join(unknown, ", "), strings.Join(known, ", "))}
}

// permissionsShown bounds how many permissions one warning names.
const permissionsShown = 5
