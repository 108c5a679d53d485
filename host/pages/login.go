package pages

import "io"

// LoginData is the log-in page.
type LoginData struct {
	Frame
	Next     string   // where to go after the log-in; "" leaves the field out
	Username string   // the e-mail address as it was typed; a password is never shown again
	Notice   string   // why the log-in was not decided, for which no field is to blame; "" where it was
	Errors   []string // that no single field is to blame for
	// UsernameErrors and PasswordErrors are shown at their fields.
	UsernameErrors, PasswordErrors []string
}

// Failed reports whether there is an error.
func (d LoginData) Failed() bool {
	return len(d.Errors)+len(d.UsernameErrors)+len(d.PasswordErrors) > 0
}

// Fields are the two fields of the form.
func (d LoginData) Fields() []Field {
	username := Field{
		ID: "id_username", Name: "username", Label: "Email address", Type: "text", Autocomplete: "username",
		InputMode: "email",
		Value:     d.Username, Required: true, Errors: d.UsernameErrors,
	}
	password := Field{
		ID: "id_password", Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password",
		Required: true, Errors: d.PasswordErrors,
	}
	// Wrong credentials are an error of both fields. The summary says so, and the password gets the focus.
	if len(d.Errors) > 0 {
		username.Wrong, password.Wrong = true, true
		password.Focus = true
	}
	switch {
	case len(d.UsernameErrors) > 0:
		username.Focus = true
	case len(d.PasswordErrors) > 0:
		password.Focus = true
	}
	return []Field{username, password}
}

var loginPage = parse("login")

// Login writes the page with the log-in form.
func Login(w io.Writer, d LoginData) error { return write(w, loginPage, d) }

// LogOutData is the page that asks before it logs out.
type LogOutData struct {
	Frame
	Next string // where to go afterwards; "": to the page that says so
}

var logOutPage = parse("logout")

// LogOut writes the page with the button to log out.
func LogOut(w io.Writer, d LogOutData) error { return write(w, logOutPage, d) }

// LoggedOutData is the page that confirms a log-out.
type LoggedOutData struct {
	Frame
	Everywhere bool // all log-ins of the customer have ended, not only this browser's
}

var loggedOutPage = parse("loggedout")

// LoggedOut writes the page that says that the session has ended.
func LoggedOut(w io.Writer, d LoggedOutData) error { return write(w, loggedOutPage, d) }

// Named is a name and a value to show.
type Named struct{ Name, Value string }
