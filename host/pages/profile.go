package pages

import "io"

// ProfileData is the page that shows who is logged in, where else, and a form for another password.
type ProfileData struct {
	Frame
	Name     string    // first and last name; may be empty
	Details  []Named   // what else is known of the customer, in this order
	Done     string    // what was just done; "": nothing
	Notice   string    // why a form was not looked at; "": it was
	Sessions *Sessions // where the customer is logged in; nil: that is not listed
	Password Form      // to change the password; its Action is that of the page
}

// Failed reports whether the form for another password was refused.
func (d ProfileData) Failed() bool { return d.Password.Failed() }

// Sessions are log-ins of a customer.
type Sessions struct {
	Unknown        bool // the list cannot be had now
	Count          int  // of all pages
	List           []Session
	Previous, Next string // addresses of the pages before and after; "": there is none
}

// Session is a row of the table of log-ins. UserAgent and Address may be empty.
type Session struct {
	ID                 string
	Browser            bool // it is a session of a browser; else somebody has tokens
	Current            bool // it is the one by which the page is seen
	UserAgent, Address string
	Created, LastUsed  string
}

// PasswordForm is the form for another password, with the names that the fields have in Django's PasswordChangeForm.
// The errors are those of the fields.
func PasswordForm(old, next, again []string) Form {
	field := func(name, label, complete string, errors []string) Field {
		return Field{
			ID: "id_" + name, Name: name, Label: label, Type: "password", Autocomplete: complete, Required: true,
			Errors: errors,
		}
	}
	f := Form{Action: ProfilePath, Fields: []Field{
		field("old_password", "Current password", "current-password", old),
		field("new_password1", "New password", "new-password", next),
		field("new_password2", "New password again", "new-password", again),
	}}
	for i := range f.Fields {
		if f.Fields[i].Invalid() {
			f.Fields[i].Focus = true
			break
		}
	}
	return f
}

var profilePage = parse("profile")

// Profile writes the page that shows who is logged in.
func Profile(w io.Writer, d ProfileData) error { return write(w, profilePage, d) }
