package httpapi

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// wrongCurrent is the text of Django's PasswordChangeForm.
const wrongCurrent = "Your old password was entered incorrectly. Please enter it again."

// changePassword answers {"current_password", "new_password"} with {} once the customer who asks has the new password
// and every log-in of it has ended.
func changePassword(rq *request) (django.Value, error) {
	texts, err := rq.texts(currentPasswordField.name, newPasswordField.name)
	if err != nil {
		return django.Value{}, err
	}
	current, next := texts[0], texts[1]
	if faults := rq.h.cfg.passwords().Faults(next); faults != nil {
		return django.Value{}, invalidBody{faults: django.Object(django.Texts(newPasswordField.name, faults...))}
	}
	asks := rq.who.customer
	if err := rq.throttleAccount(asks.Email); err != nil {
		return django.Value{}, err
	}
	result, err := rq.replacePassword(asks, current, next)
	switch {
	case err != nil:
		return django.Value{}, err
	case result.Refused():
		return django.Value{}, invalidBody{
			faults: django.Object(django.Texts(currentPasswordField.name, wrongCurrent)),
			cause:  cause.BadCredentials, reason: whyNoLogin(asks),
		}
	}
	if rq.visit.Personal {
		rq.stayLoggedIn(asks, next)
	}
	return django.Object(), nil
}

// passwords says which passwords customers may choose.
func (c *Config) passwords() password.Policy { return password.Policy{MinLength: c.MinPassword} }

// replacePassword changes the password of a customer, if current is right. The new one is one that the policy allows:
// this node checks that before it asks the hub of its fleet.
func (rq *request) replacePassword(c store.Customer, current, next string) (node.Result, error) {
	rq.entry.email = c.Email
	return rq.node.ChangePassword(rq.Context(), rq.asks(), c.Email, current, next)
}

// stayLoggedIn logs a browser in anew whose log-in ended with the old password (Django's update_session_auth_hash).
// Where that cannot be done now, the browser keeps neither session nor tokens, and the customer logs in by hand: the
// password is changed all the same.
func (rq *request) stayLoggedIn(c store.Customer, next string) {
	if rq.who.token == "" {
		rq.renewSession(c, next)
	} else {
		rq.renewTokens(c, next)
	}
}

// renewSession begins a session in the place of the one that ended, and reports whether it could.
func (rq *request) renewSession(c store.Customer, next string) bool {
	v := rq.browser()
	if rq.h.cfg.TokenCookies.On {
		v.DropTokens() // they ended too
	}
	old, _ := v.SessionSecret()
	secret, result, err := rq.node.StartSession(rq.Context(), rq.asks(), c.Email, next, old)
	if err != nil || result.Refused() {
		v.DropSession()
		return false
	}
	v.StartSession(secret, c)
	return true
}

// renewTokens puts a pair of tokens in the place of the one that ended. Where cookies hold sliding tokens too, it
// cannot tell which of both the application wants, and the customer logs in.
func (rq *request) renewTokens(c store.Customer, next string) {
	v := rq.browser()
	if err := v.Reset(rq.Context(), rq.node); err != nil {
		v.DropSession()
	}
	if !rq.h.cfg.slidesInCookies() {
		result, err := rq.node.Login(rq.Context(), rq.asks(), c.Email, next)
		if err == nil && !result.Refused() && v.KeepTokens(result.Tokens, rq.node.Settings()) == nil {
			return
		}
	}
	v.DropTokens()
}
