package main

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/edgetoken/edgetoken/host/admin"
)

func keysJWKSCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "jwks",
		Short: "print the public keys as a JWK Set",
		Long: "jwks prints what the node publishes at /.well-known/jwks.json: the public keys that are not gone, " +
			"those too that sign later. Secrets are never in it. It is JSON with --json and without.",
		Example: "  edgetoken keys jwks > jwks.json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := ask(c, admin.PublicKeys, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), set)
		},
	})
}

// keyFormats are the values of --format.
var keyFormats = []string{"pem", "der", "jwk"}

// exportView is what export prints with --json.
type exportView struct {
	ID      string `json:"id"`
	Format  string `json:"format"`
	Private bool   `json:"private"`
	File    string `json:"file,omitempty"`
	Key     string `json:"key,omitempty"` // where there is no file: the text; of DER, in base64
}

func keysExportCommand() *cobra.Command {
	var r admin.KeyExport
	var output outputFile
	c := &cobra.Command{
		Use:   "export KID",
		Short: "write one key as PEM, DER or JWK",
		Long: "export writes the public part of a key, or with --private the private part too, or a secret.\n" +
			"Whoever has a private key can sign tokens as this node does: it is not written to a terminal, -o gives " +
			"its file mode 0600, and the log of the node notes it.",
		Example: `  edgetoken keys export NzbLsXh8 > public.pem
  edgetoken keys export NzbLsXh8 --private --format jwk -o key.json`,
		Args: func(c *cobra.Command, args []string) error {
			if !slices.Contains(keyFormats, r.Format) {
				return misusef("--format %q is unknown: use one of %s", r.Format, strings.Join(keyFormats, ", "))
			}
			return cmp.Or(output.check(c), wants(1)(c, args))
		},
		ValidArgsFunction: completeKids,
		RunE: func(c *cobra.Command, args []string) error {
			if !output.named() && term.IsTerminal(syscall.Stdout) {
				switch {
				case r.Private:
					return misusef("a private key does not belong on a screen: name a file with -o, or send it to " +
						"another command")
				case r.Format == "der" && !wantsJSON(c):
					return misusef("DER is no text for a terminal: name a file with -o, or send it to another command")
				}
			}
			if err := output.free(); err != nil {
				return err
			}
			r.ID = args[0]
			answer, err := ask(c, admin.ExportKey, admin.None{}, r)
			if err != nil {
				return err
			}
			return writeKey(c, exportView{ID: answer.ID, Format: r.Format, Private: r.Private}, answer.Key, output)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Format, "format", "pem", "pem, der or jwk")
	f.BoolVar(&r.Private, "private", false, "write the private part, or the secret")
	output.addFlags(f)
	return addJSON(c)
}

// writeKey writes an exported key to a file, or prints it where there is none.
func writeKey(c *cobra.Command, v exportView, key []byte, output outputFile) error {
	if !output.named() {
		if !wantsJSON(c) {
			_, err := c.OutOrStdout().Write(key)
			return err
		}
		v.Key = string(key)
		if v.Format == "der" {
			v.Key = base64.StdEncoding.EncodeToString(key)
		}
		return printJSON(c.OutOrStdout(), v)
	}
	v.File = output.path
	err := output.save("the key", func(w io.Writer) error {
		_, err := w.Write(key)
		return err
	})
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", v.File)
	return err
}
