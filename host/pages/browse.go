package pages

import "io"

// Endpoint is an endpoint of the API on the start page.
type Endpoint struct {
	Path, Name, Summary string
	Methods             []string
	Link                string // where a browser opens it; "": nowhere
}

// Group is a group of endpoints and links on the start page.
type Group struct {
	Name, Text string
	Commands   []Named // for a shell: what each does, and itself
	Endpoints  []Endpoint
	Links      []Link // to pages
}

// IndexData is the start page.
type IndexData struct {
	Frame
	Groups []Group
}

var indexPage = parse("index")

// Index writes the start page: the endpoints of the API in groups.
func Index(w io.Writer, d IndexData) error { return write(w, indexPage, d) }

// BrowseData is the page of an endpoint, with its answer to one request.
type BrowseData struct {
	Frame
	Name        string
	Description string
	Path        string   // of the endpoint
	Methods     []string // that it has, as Allow lists them
	Method, URI string   // what was asked
	Status      int
	StatusText  string
	Headers     []Named // of the answer, those that mean something to a reader
	Body        string  // JSON, indented; "" for none
	Note        string  // what a reader should know of the body; may be empty
	Formats     []Link  // the same answer in other formats
	Form        *Form   // to send its fields; nil where it takes none, or anything
	Call        *Call   // to send any request; nil: not offered
	Tokens      []Named // in the answer, each of which can be explained
	Metadata    string  // what OPTIONS answers: JSON, indented; "": not shown
}

// Link is a link with its text.
type Link struct{ Text, URL string }

// Form is the form for the fields of an endpoint.
type Form struct {
	Action string
	Fields []Field
	Errors []string // that no single field is to blame for
}

// Failed reports whether the form was refused for its content.
func (f *Form) Failed() bool {
	if len(f.Errors) > 0 {
		return true
	}
	for _, field := range f.Fields {
		if len(field.Errors) > 0 {
			return true
		}
	}
	return false
}

// Call is the form for any request to an endpoint.
type Call struct {
	Path     string
	Methods  []string // to choose from
	Method   string   // the one chosen
	Content  string   // JSON
	HasToken bool     // the endpoint reads a token
	Open     bool     // the form is shown unfolded
}

// Failed reports whether the form for the fields was refused.
func (d BrowseData) Failed() bool { return d.Form != nil && d.Form.Failed() }

// Asks reports whether the endpoint was opened with a method that it does not have, as when a browser opens
// one that takes POST alone. Nobody made a mistake: the page asks for its form to be filled in.
func (d BrowseData) Asks() bool { return d.Form != nil && d.Status == 405 }

// Tone is the tone of the answer: good, bad, or calm.
func (d BrowseData) Tone() string {
	switch {
	case d.Asks():
		return "calm"
	case d.Status < 400:
		return "good"
	}
	return "bad"
}

var browsePage = parse("browse")

// Browse writes the page of an endpoint.
func Browse(w io.Writer, d BrowseData) error { return write(w, browsePage, d) }
