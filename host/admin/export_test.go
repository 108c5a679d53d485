package admin

import (
	"io"
	"maps"
	"slices"
)

var MayServe = mayServe

// ReadEntries gives the texts of each customer that readEntries reads.
func ReadEntries(r io.Reader) (customers [][]string, err error) {
	entries, err := readEntries(r)
	for _, e := range entries {
		texts := slices.Concat([]string{e.Email, e.FirstName, e.LastName, e.ID.Text, e.PasswordHash, string(e.Attributes)}, e.Permissions, slices.Collect(maps.Keys(e.Groups)))
		if e.password != nil {
			texts = append(texts, *e.password)
		}
		customers = append(customers, texts)
	}
	return customers, err
}
