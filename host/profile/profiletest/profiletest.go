// Package profiletest reads members of customers for tests, in one line.
package profiletest

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/profile"
)

// Members are those of "name=field name=field". A field that there is none of ends the test.
func Members(tb testing.TB, text string) profile.Members {
	tb.Helper()
	var m profile.Members
	for part := range strings.FieldsSeq(text) {
		name, field, _ := strings.Cut(part, "=")
		f, err := profile.ParseField(field)
		if err != nil {
			tb.Fatal(err)
		}
		m = append(m, profile.Member{Name: name, Field: f})
	}
	return m
}
