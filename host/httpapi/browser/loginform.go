package browser

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// maxNormalised is the greatest length of an e-mail address that is normalised, in characters. Django normalises no
// longer one, since that takes long.
const maxNormalised = 254

// hasNull is the text of Django's ProhibitNullCharactersValidator.
const hasNull = "Null characters are not allowed."

// LoginForm is what the form to log in was sent, cleaned (Django's AuthenticationForm). Its texts are copies, so that
// the body can go. Of one that is too long for any customer it holds one byte more than the longest.
type LoginForm struct {
	Email, Password string
	// Username is the address as it was sent, for the page that asks again; "" where it is too long.
	Username string
	// UsernameErrors and PasswordErrors say what is wrong with the fields.
	UsernameErrors, PasswordErrors []string
}

// ReadLoginForm reads a form that was posted.
func ReadLoginForm(form *django.Form) LoginForm {
	username, _ := LastText(form, "username")
	secret, _ := LastText(form, "password")
	email := python.Strip(username)
	f := LoginForm{
		UsernameErrors: FaultsOf(email), PasswordErrors: FaultsOf(secret), Password: atMost(secret, password.MaxBytes),
	}
	if len(email) <= utf8.UTFMax*maxNormalised && utf8.RuneCountInString(email) <= maxNormalised {
		email = norm.NFKC.String(email)
	}
	f.Email = atMost(email, store.MaxEmail)
	if len(username) <= store.MaxEmail {
		f.Username = strings.Clone(username)
	}
	return f
}

// atMost copies a text: of one that has more than n bytes, the first n and one more.
func atMost(text string, n int) string { return strings.Clone(text[:min(len(text), n+1)]) }

// FaultsOf says what is wrong with a field that must have a text.
func FaultsOf(text string) []string {
	switch {
	case text == "":
		return []string{django.Required}
	case strings.Contains(text, "\x00"):
		return []string{hasNull}
	}
	return nil
}
