package customerjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/store/password"
)

// CheckAttributes refuses an object that no token could hold as a claim: every log-in would fail on it. The store
// refuses what is not an object.
func CheckAttributes(raw json.RawMessage) error {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	if err := exactjson.Claims(raw); err != nil {
		return fmt.Errorf("cannot stand in tokens: %w", err)
	}
	return nil
}

// CheckEnds refuses white space at an end: log-in strips it off its e-mail address and password, as Django does, so it
// could never give that text.
func CheckEnds(s string) error {
	if python.Strip(s) != s {
		return errors.New("has white space at an end, which log-in cuts off")
	}
	return nil
}

// CheckPassword refuses a password that could never be used.
func CheckPassword(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8, so that no log-in could give it")
	case strings.ContainsRune(s, 0):
		return errors.New("has a null character, which log-in refuses")
	case python.Strip(s) == "":
		return errors.New("is blank, which log-in refuses")
	}
	return CheckEnds(s)
}

// looksLikeHash reports whether a password is a hash as Django encodes it, which nobody logs in with.
func looksLikeHash(s string) bool {
	return password.Format(s) != "" && strings.Count(s, "$") > 1
}

// checkHash refuses what is not in Django's form, such as a password in clear.
func checkHash(hash string) error {
	if hash == "" {
		return errors.New(`is empty: leave it out and give "password": null for none`)
	}
	if strings.ContainsFunc(hash, unicode.IsControl) || strings.TrimSpace(hash) != hash {
		return errors.New("has a control character, or white space at an end, which no hash has")
	}
	algorithm, rest, _ := strings.Cut(hash, "$")
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
	if password.IsUsable(hash) && (algorithm == "" || rest == "" || strings.Trim(algorithm, letters) != "") {
		return errors.New("must be as Django encodes it, algorithm$…, or begin with ! for none; " +
			"a password in clear belongs into password")
	}
	return nil
}
