package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/blacklistfile"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func importBlacklistCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "import-blacklist FILE|-",
		Short: "revoke the tokens that a Django has on its blacklist",
		Long: "import-blacklist reads what manage.py dumpdata token_blacklist writes, as JSON or JSONL, and revokes " +
			"each token on the blacklist, so that whoever logged out in Django stays logged out here.\n" +
			"Of a token that Django issued only that token ends, as in Django; with one that edgetoken issued its " +
			"whole log-in ends. Tokens that have expired are left out.\n" +
			"Revoking a token takes the key that signed it: import that key first (edgetoken keys import). A token " +
			"that cannot be revoked is reported with its line, and the exit status is 1.\n" +
			"Importing a file again changes nothing, so an interrupted import goes on with the same command.",
		Example: `  python manage.py dumpdata token_blacklist -o blacklist.json
  edgetoken token import-blacklist blacklist.json
  python manage.py dumpdata token_blacklist | edgetoken token import-blacklist -`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if err := checkEngineFlag(c); err != nil {
				return err
			}
			in, err := openInput(c, args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, in.Close()) }()
			interrupted, stop := interruption(c)
			defer stop()
			i := blacklistImport{cmd: c, bar: terminal.NewProgress(c.ErrOrStderr(), "tokens", in.size)}
			i.sums.Failed = []failedToken{}
			err = withAdmin(c, false, func(client *admin.Client) error { return i.run(interrupted, client, in) })
			i.bar.Clear()
			if err != nil {
				return err
			}
			return i.report()
		},
	})
}

// blacklistImport is an import of a blacklist, and what came of it.
type blacklistImport struct {
	cmd    *cobra.Command
	bar    *terminal.Progress
	read   int // tokens, whether blacklisted or not
	failed int // also where sums has none of them
	sums   blacklistSums
}

// blacklistSums is what import-blacklist prints as JSON.
type blacklistSums struct {
	Revoked   int           `json:"revoked"`
	Unchanged int           `json:"unchanged"` // were revoked before
	Expired   int           `json:"expired"`
	Failed    []failedToken `json:"failed"`
	Missing   int           `json:"missing"` // on the blacklist, and not in the file
}

// failedToken is a token on the blacklist that was not revoked, and why.
type failedToken struct {
	Line   int    `json:"line"`
	ID     string `json:"jti"`
	Reason string `json:"reason"`
}

func (i *blacklistImport) run(interrupted context.Context, client *admin.Client, in input) error {
	tokens, err := blacklistfile.NewReader(in)
	for more := err == nil; more; {
		if interrupted.Err() != nil {
			return fmt.Errorf("interrupted after %d tokens, of which %d were revoked: the same command goes on",
				i.read, i.sums.Revoked)
		}
		var batch tokenBatch
		more, err = batch.fill(tokens, func(k *blacklistfile.Token) bool {
			i.read++
			i.bar.Show(i.read, tokens.Offset())
			return k.Blacklisted
		})
		if err != nil {
			break
		}
		answer, err := batch.send(i.cmd.Context(), client, admin.ListQuery{})
		if err != nil {
			return fmt.Errorf("stopped after %d tokens; the same command goes on: %w", i.read, err)
		}
		i.add(batch.tokens, answer)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	i.sums.Missing = tokens.Missing
	return nil
}

func (i *blacklistImport) add(tokens []blacklistfile.Token, answer admin.Listed) {
	s := &i.sums
	s.Revoked, s.Unchanged, s.Expired = s.Revoked+answer.Ended, s.Unchanged+len(answer.Before), s.Expired+answer.Expired
	i.failed += len(answer.Refused)
	for _, r := range answer.Refused {
		k := failedToken{tokens[r.Place].Line, tokens[r.Place].ID, r.Reason}
		if wantsJSON(i.cmd) {
			s.Failed = append(s.Failed, k)
			continue
		}
		i.bar.Clear()
		fmt.Fprintf(i.cmd.ErrOrStderr(), "edgetoken: line %d: token %s: %s\n", k.Line, terminal.Brief(k.ID),
			terminal.Printable(k.Reason))
	}
}

// report prints what came of an import. The error is errRefused if a token on the blacklist was not revoked.
func (i *blacklistImport) report() error {
	s := &i.sums
	if wantsJSON(i.cmd) {
		if err := printJSON(i.cmd.OutOrStdout(), s); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(i.cmd.OutOrStdout(), "revoked %s; %d were revoked before, %d have expired, %d failed\n",
			counted(s.Revoked, "token"), s.Unchanged, s.Expired, i.failed)
	}
	if s.Missing > 0 {
		fmt.Fprintf(i.cmd.ErrOrStderr(), "edgetoken: on the blacklist and not in the file: %s. Dump all of "+
			"token_blacklist\n", counted(s.Missing, "token"))
	}
	if i.failed+s.Missing > 0 {
		return errRefused
	}
	return nil
}
