package admin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/store/password"
)

// ImportNotes are what is worth a warning about rows that are imported all the same.
type ImportNotes struct {
	WithoutAt int `json:"without_at"`      // e-mail addresses without @
	Short     int `json:"short_passwords"` // passwords in clear, shorter than password.min_length
	Kept      int `json:"kept"`            // rows with something that is kept for the export
	// Unchecked counts the hashes by which nobody can log in, by format and reason.
	Unchecked map[string]int `json:"unchecked_hashes"`
	// Unasked are permissions that no end point asks for, sorted.
	Unasked []string `json:"unasked_permissions"`
}

// Warnings are the notes as sentences, without what is kept.
func (n *ImportNotes) Warnings() (warnings []string) {
	if c := n.WithoutAt; c > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of the e-mail addresses %s no @", c, have(c)))
	}
	total, kinds := 0, []string{}
	for _, kind := range slices.Sorted(maps.Keys(n.Unchecked)) {
		total += n.Unchecked[kind]
		kinds = append(kinds, fmt.Sprintf("%d %s", n.Unchecked[kind], kind))
	}
	if total > 0 {
		const text = "nobody can log in with %d of the password hashes (%s) until edgetoken customers passwd sets a " +
			"new password; customers show says why"
		warnings = append(warnings, fmt.Sprintf(text, total, strings.Join(kinds, ", ")))
	}
	if c := n.Short; c > 0 {
		warnings = append(warnings,
			fmt.Sprintf("%d of the passwords %s fewer characters than password.min_length", c, have(c)))
	}
	if len(n.Unasked) > 0 {
		warnings = append(warnings, "nothing here asks for "+named(n.Unasked)+": it stands in claims only")
	}
	return warnings
}

// Add adds the notes about other rows.
func (n *ImportNotes) Add(other ImportNotes) {
	n.WithoutAt += other.WithoutAt
	n.Short += other.Short
	n.Kept += other.Kept
	if n.Unchecked == nil {
		n.Unchecked = map[string]int{}
	}
	for kind, count := range other.Unchecked {
		n.Unchecked[kind] += count
	}
	n.Unasked = append(n.Unasked, other.Unasked...)
	slices.Sort(n.Unasked)
	n.Unasked = slices.Compact(n.Unasked)
	size := 0
	for i, name := range n.Unasked {
		if size += len(name); size > maxUnasked {
			n.Unasked = n.Unasked[:i]
			break
		}
	}
}

// maxUnasked is how many bytes of permissions are kept for a warning, which names the first few: customers of other
// systems can have any number.
const maxUnasked = 1 << 20

// note adds what is to say of a row, which is stored with this hash, but for Unasked.
func (s *server) note(n *ImportNotes, r Row, hash string) {
	if !strings.Contains(r.Email, "@") {
		n.WithoutAt++
	}
	if r.Password != nil && LongEnough(*r.Password, s.cfg.MinPassword) != nil {
		n.Short++
	}
	if r.Kept != nil {
		n.Kept++
	}
	if kind := unchecked(hash); kind != "" {
		n.Unchecked[kind]++
	}
}

// unchecked names the format of a hash by which nobody can log in; empty where the hash can be checked, and where it
// says that there is no password.
func unchecked(hash string) string {
	if !password.IsUsable(hash) {
		return ""
	}
	switch _, err := password.CostOf(hash); {
	case err == nil:
		return ""
	case hash == "":
		return "empty"
	case errors.Is(err, password.ErrMalformed):
		return "damaged " + passwordKind(hash)
	case errors.Is(err, password.ErrCosts):
		return "too costly " + passwordKind(hash)
	}
	return passwordKind(hash)
}
