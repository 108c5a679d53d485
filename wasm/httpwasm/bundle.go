//go:build wasip1

package main

import (
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
)

var (
	// looked is when the file of the bundle was read last, and held what it had.
	looked int64
	held   string
	// failed is what was wrong with the file, so that the log has it once.
	failed string
)

// refresh reads the file of the bundle if it is time to. Whatever is wrong with it, the bundle at hand stays, until its
// own end.
func refresh(now int64) {
	source := gate.Bundle()
	if source.File == "" || looked != 0 && 0 <= now-looked && now-looked < source.Poll {
		return
	}
	looked = now
	text, err := readFile(source.File)
	switch {
	case err != nil:
		complain(err.Error())
	case text == held:
		complain("")
	default:
		c := gate.Update(text)
		runtime.GC() // else a collection that begins within a short call may never end
		if c == cause.OK {
			held = text
			complain("")
			return
		}
		complain(source.File + ": " + c.String())
	}
}

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, bundle.MaxBytes+2)) // with the end of the line
	return strings.TrimSpace(string(text)), err
}

// complain logs what is wrong with the file, once.
func complain(why string) {
	if why != "" && why != failed {
		logText(levelWarn, "edgetoken: the bundle stays as it was: "+why)
	}
	failed = why
}
