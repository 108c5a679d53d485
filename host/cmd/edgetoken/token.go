package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "judge and revoke tokens",
		Long: "token judges or revokes a token with the keys, settings and revocations of a data directory, through " +
			"the node that runs on it or, where none runs, by itself.\n" +
			"Judging does not use the token up, and no key is ever printed. The exit status is 1 where the token " +
			"is refused.\n\n" +
			"With - the token comes from standard input. Other users of the machine can see the arguments of a " +
			"command in the list of processes.",
		Example: `  edgetoken token explain - < token.txt
  pbpaste | edgetoken token verify -
  edgetoken token revoke - < token.txt`,
	}
	c.AddCommand(verifyCommand(), explainCommand(), revokeCommand(), importBlacklistCommand(), exportBlacklistCommand())
	c.PersistentFlags().String("engine", "native", "engine to judge with where no node runs: wasm, wasm-full or native")
	return c
}

// offlineEngine is the engine that judges where no node runs.
func offlineEngine(c *cobra.Command) string {
	if f := c.Flags().Lookup("engine"); f != nil {
		return f.Value.String()
	}
	return "native"
}

func checkEngineFlag(c *cobra.Command) error {
	if engine := offlineEngine(c); !slices.Contains(engines, engine) {
		return misusef("--engine %q is unknown: use wasm, wasm-full or native", engine)
	}
	return nil
}

// readToken gives the token that an argument is, or that standard input has where the argument is -.
func readToken(c *cobra.Command, token string) (string, error) {
	if token == "-" {
		// Of a token that is too long, more than the limit is read, so that it is refused as such.
		b, err := io.ReadAll(io.LimitReader(c.InOrStdin(), 2*core.MaxTokenBytes))
		if err != nil {
			return "", fmt.Errorf("read token: %w", err)
		}
		token = string(b)
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", misuse{errors.New("the token is empty")}
	}
	return token, nil
}

func verifyCommand() *cobra.Command {
	var away elsewhere
	c := addJSON(&cobra.Command{
		Use:   "verify TOKEN|-",
		Short: "say whether a token is good, as POST /auth/token/verify/ does",
		Long: "verify says whether a token is good, as POST /auth/token/verify/ does.\n" +
			"With --bundle and --root it says what a verifier elsewhere says of an access token, who has only the " +
			"trust bundle: it asks no node and reads no data directory.",
		Example: `  edgetoken token verify - < token.txt
  edgetoken token verify "$TOKEN"
  edgetoken token verify --bundle bundle.jws --root root.json - < token.txt`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			if away.given(c) {
				return away.verify(c, args[0])
			}
			return explainToken(c, args[0], "verify", func(w io.Writer, j admin.Explanation) error {
				if j.Accepted {
					_, err := fmt.Fprintln(w, "accepted")
					return err
				}
				_, err := fmt.Fprintln(w, refusal(j))
				return err
			})
		},
	})
	away.addTo(c)
	return c
}

func explainCommand() *cobra.Command {
	var as string
	c := addJSON(&cobra.Command{
		Use:   "explain TOKEN|-",
		Short: "say why a token is refused, step by step",
		Long: "explain shows a token's header and claims, the family of its log-in as log records and token revoke " +
			"name it, and every check that it goes through, in the order in which they are made.\n" +
			"--as says what the token is to be good for; without it its type decides. With - the token comes from " +
			"standard input; an argument shows in the list\n" +
			"of processes.",
		Example: `  edgetoken token explain - < token.txt
  edgetoken token explain --as blacklist - < token.txt
  edgetoken token explain "$TOKEN"`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, ok := explain.PurposeOf(as); !ok && as != "" {
				return misusef("--as %q is unknown: use one of %s", as, strings.Join(purposes(), ", "))
			}
			return explainToken(c, args[0], as, printExplanation)
		},
	})
	c.Flags().StringVar(&as, "as", "", "header, refresh, blacklist or verify")
	return c
}

// explainToken has a token judged and prints what came of it. The error is errRefused where the token is refused.
func explainToken(c *cobra.Command, token, as string, print func(io.Writer, admin.Explanation) error) error {
	err := checkEngineFlag(c)
	if err != nil {
		return err
	}
	if token, err = readToken(c, token); err != nil {
		return err
	}
	j, err := ask(c, admin.ExplainToken, admin.None{}, admin.TokenRequest{Token: token, As: as})
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		err = printJSON(c.OutOrStdout(), j)
	} else {
		err = print(c.OutOrStdout(), j)
	}
	if err == nil && !j.Accepted {
		err = errRefused
	}
	return err
}

// refusal says why a token is refused, and what clients are told.
func refusal(j admin.Explanation) string {
	told := j.Code
	if j.Status == http.StatusBadRequest {
		told = "400 non_field_errors"
	}
	return fmt.Sprintf("refused: %s (clients are told %s: %s)", j.Cause, told, j.Detail)
}

func printExplanation(w io.Writer, j admin.Explanation) error {
	whose := ""
	if !j.Signed {
		whose = " (anybody's word: the signature was not found good)"
	}
	for _, p := range []struct {
		name string
		json json.RawMessage
	}{{"header", j.Header}, {"claims", j.Claims}} {
		var b bytes.Buffer
		text := "none that is JSON"
		if string(p.json) != "null" && json.Indent(&b, p.json, "", "  ") == nil {
			text = printableLines(b.String())
		}
		fmt.Fprintf(w, "%s%s: %s\n", p.name, whose, text)
	}
	if j.Family != nil {
		fmt.Fprintf(w, "family: %s\n", *j.Family)
	}
	purpose, _ := explain.PurposeOf(j.As)
	fmt.Fprintf(w, "checks, as a token for %s:\n", purpose.Text)
	rows := make([][]string, len(j.Steps))
	for i, s := range j.Steps {
		rows[i] = []string{"  " + s.Name, s.Result, s.Detail}
	}
	if err := terminal.Table(w, rows); err != nil {
		return err
	}
	if j.Accepted {
		_, err := fmt.Fprintln(w, "accepted")
		return err
	}
	_, err := fmt.Fprintln(w, refusal(j))
	return err
}

// purposes are the values of --as.
func purposes() (names []string) {
	for _, p := range explain.Purposes() {
		names = append(names, p.As)
	}
	slices.Sort(names)
	return names
}

// printableLines is terminal.Printable for a text of several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = terminal.Printable(l)
	}
	return strings.Join(lines, "\n")
}
