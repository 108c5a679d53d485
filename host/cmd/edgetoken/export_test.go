package main

import "io"

var (
	Main      = main
	Serve     = serve
	Printable = printable
	Listen    = listen
	MayServe  = mayServe
)

// ReadEntries gives the e-mail addresses of what readEntries reads.
func ReadEntries(r io.Reader) (emails []string, err error) {
	entries, err := readEntries(r)
	for _, e := range entries {
		emails = append(emails, e.Email)
	}
	return emails, err
}

// DialAdmin reports whether a node is found at the socket of a data directory.
func DialAdmin(dir string) (bool, error) {
	c, err := dialAdmin(dataDir(dir))
	if c != nil {
		return true, c.close()
	}
	return false, err
}
