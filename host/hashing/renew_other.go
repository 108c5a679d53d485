//go:build !unix

package hashing

import "os"

// follows cannot tell, and reports false.
func follows(*os.File) bool { return false }

// renew ends the process, and with it what passwords left in its memory. The parent starts another for the next job.
func renew() error { return nil }
