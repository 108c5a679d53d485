package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func keysGenerateCommand() *cobra.Command {
	var r admin.KeyRequest
	var at moment
	c := &cobra.Command{
		Use:   "generate",
		Short: "make a key, and publish it",
		Long: "generate makes a key and publishes it. It signs once keys activate says so, or by itself from the " +
			"time of --at on, or at once with --activate, which suits a key that leaked: whoever verifies tokens may " +
			"not know the new one yet.\n" +
			"Its algorithm is ALGORITHM if that is configured, else that of the key that signs, else ES256; its id " +
			"the thumbprint (RFC 7638). A secret (HS256, …) is never published.",
		Example: `  edgetoken keys generate
  edgetoken keys generate --algorithm EdDSA --at 2d
  edgetoken keys generate --id 2026-12 --activate`,
		Args: func(c *cobra.Command, args []string) error {
			if r.Activate && at.time != nil {
				return misusef("--activate and --at contradict each other: keep one of the two")
			}
			return checkKeyFlags(c, args, 0)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			r.SignsFrom = at.time
			var answer admin.KeyChanged
			err := withAdmin(c, true, func(client *admin.Client) (err error) {
				answer, err = admin.GenerateKey.Call(c.Context(), client, admin.None{}, r)
				return err
			})
			if err != nil {
				return err
			}
			return printKeyChanged(c, "generated", answer)
		},
	}
	addKeyFlags(c, &r.Algorithm, &r.ID)
	c.Flags().BoolVar(&r.Activate, "activate", false, "sign at once")
	c.Flags().Var(&at, "at", "sign from this `TIME` on: "+momentForms)
	return addJSON(c)
}

func addKeyFlags(c *cobra.Command, algorithm, id *string) {
	c.Flags().StringVar(algorithm, "algorithm", "", "such as ES256, EdDSA or RS256")
	c.Flags().StringVar(id, "id", "", "`KID` (default: the thumbprint; of a secret, random)")
}

// checkKeyFlags refuses flags that addKeyFlags added and that say nothing, and another number of arguments.
func checkKeyFlags(c *cobra.Command, args []string, n int) error {
	for _, name := range []string{"algorithm", "id"} {
		if f := c.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return misusef("--%s is empty: leave it out, or give a value", name)
		}
	}
	if strings.ContainsFunc(c.Flag("id").Value.String(), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return misusef("--id has a character that cannot be printed")
	}
	if a := c.Flag("algorithm").Value.String(); a != "" && !slices.Contains(jws.Algorithms(), a) {
		return misusef("--algorithm %q is unknown: use one of %s", a, strings.Join(jws.Algorithms(), ", "))
	}
	return wants(n)(c, args)
}

func keysImportCommand() *cobra.Command {
	var r admin.KeysImport
	var until moment
	c := &cobra.Command{
		Use:   "import FILE | --signing-key",
		Short: "take in keys from elsewhere",
		Long: "import takes in the keys of a file, or of standard input with -: PEM and DER (PKCS #1, PKCS #8, SEC " +
			"1, public keys, certificates), a JWK or a JWK Set. Private keys can be activated; public ones verify.\n" +
			"It names the keys that cannot be used here and takes in the others, all or none. RSA keys without alg " +
			"take --algorithm, else ALGORITHM, else RS256.\n" +
			"With --django-secret-key the file holds Django's SECRET_KEY. It verifies refresh tokens alone, so that " +
			"customers stay logged in when they come from Django, and ends when all of those have expired: after " +
			"REFRESH_TOKEN_LIFETIME, if --until names no other time.\n" +
			"With --signing-key there is no file: the configured SIGNING_KEY moves into the store. Then remove it " +
			"from the configuration and reload; it goes on signing, until another key is activated.",
		Example: `  edgetoken keys import key.pem --activate
  openssl genpkey -algorithm ed25519 | edgetoken keys import - --id 2026-12
  edgetoken keys import secret.txt --django-secret-key
  edgetoken keys import --signing-key`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case r.SigningKey && r.SecretKey:
				return misusef("--signing-key and --django-secret-key contradict each other: keep one of the two")
			case r.SigningKey && r.Activate:
				return misusef("--activate does not go with --signing-key, which signs already")
			case r.SecretKey && r.Activate:
				return misusef("--activate does not go with --django-secret-key, which only verifies: whoever else " +
					"has that secret could sign too")
			case r.SigningKey:
				return checkKeyFlags(c, args, 0)
			}
			return checkKeyFlags(c, args, 1)
		},
		RunE: func(c *cobra.Command, args []string) (err error) {
			if !r.SigningKey {
				if r.Text, err = readKeys(c, args[0]); err != nil {
					return err
				}
			}
			r.Until = until.time
			var answer admin.KeysImported
			err = withAdmin(c, true, func(client *admin.Client) (err error) {
				answer, err = admin.ImportKeys.Call(c.Context(), client, admin.None{}, r)
				return err
			})
			if err != nil {
				return err
			}
			return printImported(c, answer, r.SigningKey)
		},
	}
	addKeyFlags(c, &r.Algorithm, &r.ID)
	f := c.Flags()
	f.Var(&until, "until", "end of the keys, a `TIME`: "+momentForms)
	f.BoolVar(&r.Activate, "activate", false, "have the key sign at once")
	f.BoolVar(&r.SecretKey, "django-secret-key", false, "the file is Django's SECRET_KEY: verify refresh tokens by it")
	f.BoolVar(&r.SigningKey, "signing-key", false, "import the SIGNING_KEY of the configuration")
	return addJSON(c)
}

// readKeys reads the text of keys from a file; - is standard input.
func readKeys(c *cobra.Command, path string) ([]byte, error) {
	in := io.NopCloser(c.InOrStdin())
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
		in = f
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, admin.MaxKeysText+1))
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(text) > admin.MaxKeysText {
		return nil, fmt.Errorf("read keys: there are more than %d bytes", admin.MaxKeysText)
	}
	return text, nil
}

func printImported(c *cobra.Command, v admin.KeysImported, signingKey bool) error {
	for _, s := range v.Skipped {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: warning: skipped "+skippedKey(s))
	}
	printWarnings(c, v.Warnings)
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	otherwise := "nothing changes by itself"
	for _, k := range v.Keys {
		fmt.Fprintf(c.OutOrStdout(), "imported key %s (%s), which %s\n", terminal.Printable(k.ID), k.Algorithm,
			doesWhat(k))
		otherwise = nothingNext(k)
	}
	if signingKey {
		_, err := fmt.Fprintln(c.OutOrStdout(), "next: remove SIGNING_KEY from the configuration, and run edgetoken "+
			"reload; then this key signs until another one is activated")
		return err
	}
	return printNext(c.OutOrStdout(), v.Next, otherwise)
}

// skippedKey names a key that was skipped, with the reason.
func skippedKey(s admin.SkippedKey) string {
	text := fmt.Sprintf("key %d", s.Index+1)
	if s.ID != "" {
		text += " (" + terminal.Printable(s.ID) + ")"
	}
	return text + ": " + terminal.Printable(s.Reason)
}
