package body

import (
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
)

// ErrMemory is server.ErrNoMemory as a node.ErrBusy.
var ErrMemory = fmt.Errorf("%w: %w", node.ErrBusy, server.ErrNoMemory)

// busy is err, or ErrMemory for server.ErrNoMemory.
func busy(err error) error {
	if errors.Is(err, server.ErrNoMemory) {
		return ErrMemory
	}
	return err
}

// ErrCharset refuses a form in another charset than HTML's forms have. The text is Django's.
var ErrCharset error = notUTF8{}

type notUTF8 struct{}

func (notUTF8) Error() string {
	return "HTTP requests with the 'application/x-www-form-urlencoded' content type must be UTF-8 encoded."
}

// Broken is a body that did not arrive.
type Broken struct{ error }

// UnsupportedType is a Content-Type that no parser reads, as its bytes came. The text is Django REST framework's.
type UnsupportedType string

func (t UnsupportedType) Error() string {
	return `Unsupported media type "` + django.Latin1(string(t)) + `" in request.`
}
