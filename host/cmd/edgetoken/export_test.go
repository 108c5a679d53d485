package main

import "io"

var (
	Main      = main
	Distance  = distance
	Printable = printable
)

// ReadEntries gives the e-mail addresses of what readEntries reads.
func ReadEntries(r io.Reader) (emails []string, err error) {
	entries, err := readEntries(r)
	for _, e := range entries {
		emails = append(emails, e.Email)
	}
	return emails, err
}
