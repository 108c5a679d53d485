package core

import (
	"github.com/edgetoken/edgetoken/core/cause"
)

// Code is the name of a refusal on the wire: simplejwt's and Django REST framework's words. It is itself an error, so
// that errors.Is(err, core.TokenNotValid) works on both sides of the wall.
type Code string

const (
	TokenNotValid          Code = "token_not_valid"
	BadAuthorizationHeader Code = "bad_authorization_header"
	NotAuthenticated       Code = "not_authenticated"
	NoActiveAccount        Code = "no_active_account"
	UserNotFound           Code = "user_not_found"
	UserInactive           Code = "user_inactive"
	PasswordChanged        Code = "password_changed"
	Invalid                Code = "invalid" // a validation error: 400, not 401
)

func (c Code) Error() string { return string(c) }

// Refusal is why a request was refused.
type Refusal struct {
	Cause cause.Cause
	Class TokenType // the class of tokens that refused: a header is tried with each of AUTH_TOKEN_CLASSES
}

// Error is a refusal as Go programs see it: errors.Is(err, core.TokenNotValid), or errors.As for the cause.
type Error struct {
	Code   Code
	Cause  cause.Cause // for logs
	Detail string      // safe to show
}

func (e *Error) Error() string        { return string(e.Code) + ": " + e.Detail }
func (e *Error) Is(target error) bool { return target == error(e.Code) }
