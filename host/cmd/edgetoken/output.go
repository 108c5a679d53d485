package main

import (
	"encoding/json"
	"io"
)

// printJSON prints v with two spaces of indentation.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
