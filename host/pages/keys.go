package pages

import "io"

// KeysData is the page that shows the keys of a node to its staff. It holds nothing secret.
type KeysData struct {
	Frame
	Keys       []Key
	Next, When string // what happens next by itself; "": nothing
	Warning    string // what keeps everybody from logging in, or will; "": nothing
}

// Key is a row of the table of keys. Times are in words; "": never.
type Key struct {
	ID, Algorithm, State, Origin string
	Published, SignsFrom, Ends   string
}

// Tone is how the state of the key looks: good while it signs, open before, and "" afterwards.
func (k Key) Tone() string {
	switch k.State {
	case "signing":
		return "good"
	case "published":
		return "open"
	}
	return ""
}

var keysPage = parse("keys")

// Keys writes the page that shows the keys.
func Keys(w io.Writer, d KeysData) error { return write(w, keysPage, d) }
