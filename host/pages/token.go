package pages

import "io"

// TokenData is the page that explains a token. No field holds the token itself: whoever sees the page later
// learns what it said, and cannot use it.
type TokenData struct {
	Frame
	As      string     // what the token is to be good for: the value of one of Choices; "": what its type is for
	Choices []Link     // of As: text, and the value as URL
	Faults  []string   // of the field for the token
	Result  *Explained // nil: nothing has been asked yet
}

// Explained is a token decoded and checked.
type Explained struct {
	Accepted bool
	Purpose  string // what it was checked as: "a refresh"
	Reason   string // why it was refused, in words
	Told     string // what a client is told
	Code     string // the code that a client is told
	Signed   bool   // whether the signature is that of a key of ours
	Header   []Claim
	Claims   []Claim
	HasJSON  bool // whether header or claims could be read at all
	Steps    []Step
}

// Claim is a member of a header or of claims.
type Claim struct {
	Name    string
	Value   string // JSON
	Meaning string // what it says, in words; "" where nobody knows
	When    string // a time in words; "" where it is none
}

// Step is one check: passed, refused or not reached.
type Step struct {
	Name, Result, Detail string
}

// Field is the field for the token.
func (d TokenData) Field() Field {
	return Field{
		ID: "id_token", Name: "token", Label: "Token", Type: "textarea", Required: true, Autocomplete: "off",
		Errors: d.Faults, Focus: len(d.Faults) > 0,
		Help: "Three parts with dots between. It is read on this server, is not logged and not kept, and is " +
			"not used up.",
	}
}

// Fields are the fields that can have errors: the token's.
func (d TokenData) Fields() []Field { return []Field{d.Field()} }

// Errors are the errors of no single field. There are none.
func (d TokenData) Errors() []string { return nil }

var tokenPage = parse("token")

// Token writes the page that explains a token.
func Token(w io.Writer, d TokenData) error { return write(w, tokenPage, d) }
