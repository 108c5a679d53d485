// Package claimmaptest reads members of customers for tests, in one line.
package claimmaptest

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/claimmap"
)

// Members are those of "name=field name=field". A field that there is none of ends the test.
func Members(tb testing.TB, text string) claimmap.Members {
	tb.Helper()
	var m claimmap.Members
	for part := range strings.FieldsSeq(text) {
		name, field, _ := strings.Cut(part, "=")
		f, err := claimmap.ParseField(field)
		if err != nil {
			tb.Fatal(err)
		}
		m = append(m, claimmap.Member{Name: name, Field: f})
	}
	return m
}
