package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagValues says what a flag of each type takes.
var flagValues = map[string]string{"int": "a whole number", "bool": "true or false",
	"time": "a time to come: " + momentForms}

// wholeNumber is a flag whose value is in digits alone, as in the configuration file. pflag's own reads 010 as 8.
type wholeNumber int

func (n *wholeNumber) String() string { return strconv.Itoa(int(*n)) }

func (n *wholeNumber) Type() string { return "int" }

func (n *wholeNumber) Set(text string) error {
	value, err := strconv.Atoi(text)
	if err == nil && strconv.Itoa(value) != text {
		err = strconv.ErrSyntax
	}
	*n = wholeNumber(value)
	return err
}

// flagError says what is wrong with a flag. pflag's own text names the Go function that read the value.
func flagError(c *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		f := value.GetFlag()
		wants, known := flagValues[f.Value.Type()]
		if !known {
			wants = "another value"
		}
		return misusef("--%s must be %s, not %q; see %s --help", f.Name, wants, value.GetValue(), c.CommandPath())
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		text := unknown.GetSpecifiedShortnames()
		switch {
		case text != "" && strings.Trim(text, "0123456789") == "" && takesID(c):
			return misusef("-%s looks like a flag: write -- before an id that is negative, as in %s -- -%[1]s",
				text, c.CommandPath())
		case len(text) > 1 && strings.HasSuffix(c.Use, " KID"):
			return misusef("-%s looks like a flag: write -- before a kid that begins with -, as in %s -- -%[1]s",
				text, c.CommandPath())
		}
	}
	return misusef("%w; see %s --help", err, c.CommandPath())
}

// takesID reports whether a command is one of those that look after customers.
func takesID(c *cobra.Command) bool {
	return strings.HasPrefix(c.CommandPath(), c.Root().Name()+" customers ")
}
