package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/codec"
)

const (
	// maxGroupName bounds the name of a group, in characters (Django's Group.name).
	maxGroupName = 150
	// maxPermissionPart bounds each part of a permission, in characters (Django's ContentType.app_label and
	// Permission.codename).
	maxPermissionPart = 100
	// maxRights bounds the record of what a customer or a group has, in bytes: some 2000 permissions.
	maxRights = 64 * 1024
	// maxGroups bounds the number of groups, so that one call can list them all.
	maxGroups = 10_000
)

// checkPermission returns nil for "app_label.codename", each part of 1 to 100 characters. Else it returns an ErrInvalid
// that says why the text is no permission.
func checkPermission(p string) error {
	label, codename, dotted := strings.Cut(p, ".")
	switch {
	case checkText("", p) != nil:
		return fmt.Errorf("permission %w: it is not UTF-8, or too long", ErrInvalid)
	case !dotted || label == "" || codename == "":
		return fmt.Errorf("permission %q %w: it must be app_label.codename, such as customers.view_customer", p,
			ErrInvalid)
	case utf8.RuneCountInString(label) > maxPermissionPart || utf8.RuneCountInString(codename) > maxPermissionPart:
		return fmt.Errorf("permission %q %w: each of its parts has at most %d characters", p, ErrInvalid,
			maxPermissionPart)
	}
	return nil
}

// checkNewGroupName returns nil for 1 to 150 characters without white space around them, which nobody sees and Django's
// forms cut off. Else it returns an ErrInvalid that says why no new group can have the name.
func checkNewGroupName(name string) error {
	if err := checkGroupName(name); err != nil {
		return err
	}
	if strings.TrimSpace(name) != name {
		return fmt.Errorf("group name %q %w: it has white space at an end", name, ErrInvalid)
	}
	return nil
}

// checkGroupName says why no group, new or old, can have a text as its name.
func checkGroupName(name string) error {
	if err := checkText("group name", name); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > maxGroupName {
		return fmt.Errorf("group name %w: it has %d characters, not 1 to %d", ErrInvalid, n, maxGroupName)
	}
	return nil
}

// checkPermissions returns the list, sorted and without duplicates; nil if it is empty.
func checkPermissions(list []string) ([]string, error) {
	for _, p := range list {
		if err := checkPermission(p); err != nil {
			return nil, err
		}
	}
	return sorted(list), nil
}

// sorted returns a sorted copy without duplicates; nil if it is empty.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// maxMembers bounds what a record remembers of rights, with those that were taken within the last year: it counts them,
// and their stamps, in 16 bits.
const maxMembers = 20_000

func checkCount(what string, n int) error {
	if n > maxMembers {
		return fmt.Errorf("%s %w: there would be %d, with those that were taken in the last year; the most is %d", what,
			ErrInvalid, n, maxMembers)
	}
	return nil
}

func checkSize(what string, record []byte) error {
	if len(record) > maxRights {
		return fmt.Errorf("%s %w: they take %d bytes, the most is %d", what, ErrInvalid, len(record), maxRights)
	}
	return nil
}

// held is the encoding of what a set has, as the bound on its size counts it.
func (s members) held() []byte {
	var b []byte
	for _, e := range s {
		if e.has {
			b = codec.Text(b, e.name)
		}
	}
	return b
}
