package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
			"each token on the blacklist, so that who logged out in Django stays logged out here.\n" +
			"Of a token that Django issued only that token ends, as in Django; with one that edgetoken issued its " +
			"whole log-in ends. Tokens that have expired are left out.\n" +
			"A token can only be judged with the key that signed it: import that key first (edgetoken keys import). " +
			"A token that cannot be judged is reported with its line, and the exit status is 1.\n" +
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
			tokens, err := blacklistfile.NewReader(in)
			if err != nil {
				return fmt.Errorf("%s: %w", in.name, err)
			}
			defer interruptible(c)()
			i := blacklistImport{cmd: c, bar: terminal.NewProgress(c.ErrOrStderr(), "tokens", in.size)}
			i.sums.Refused = []refusedToken{}
			err = withAdmin(c, false, func(client *admin.Client) error { return i.run(client, tokens) })
			i.bar.Clear()
			if err != nil {
				return fmt.Errorf("%s: %w", in.name, err)
			}
			return i.report(tokens.Missing)
		},
	})
}

// blacklistImport is an import of a blacklist, and what came of it.
type blacklistImport struct {
	cmd     *cobra.Command
	bar     *terminal.Progress
	read    int // tokens, whether blacklisted or not
	refused int // also where sums has none of them
	sums    blacklistSums
}

// blacklistSums is what import-blacklist prints as JSON.
type blacklistSums struct {
	Revoked   int            `json:"revoked"`
	Unchanged int            `json:"unchanged"` // were revoked before
	Expired   int            `json:"expired"`
	Refused   []refusedToken `json:"refused"`
	Missing   int            `json:"missing"` // on the blacklist, and not in the file
}

// refusedToken is a token on the blacklist that was not revoked, and why.
type refusedToken struct {
	Line   int    `json:"line"`
	ID     string `json:"jti"`
	Reason string `json:"reason"`
}

func (i *blacklistImport) run(client *admin.Client, tokens *blacklistfile.Reader) error {
	for more := true; more; {
		if i.cmd.Context().Err() != nil {
			return fmt.Errorf("interrupted after %d tokens, of which %d were revoked: the same command goes on",
				i.read, i.sums.Revoked)
		}
		var batch tokenBatch
		for more && !batch.full() {
			k, err := tokens.Next()
			if more = err != io.EOF; !more {
				break
			}
			if err != nil {
				return err
			}
			if i.read++; k.Blacklisted {
				batch.add(k)
			}
			i.bar.Show(i.read, tokens.ReadBytes())
		}
		// A batch that was begun is finished, whatever interrupts the command.
		answer, err := batch.send(context.WithoutCancel(i.cmd.Context()), client, admin.ListQuery{})
		if err != nil {
			return fmt.Errorf("stopped after %d tokens; the same command goes on: %w", i.read, err)
		}
		i.add(batch.tokens, answer)
	}
	return nil
}

func (i *blacklistImport) add(tokens []blacklistfile.Token, answer admin.Listed) {
	s := &i.sums
	s.Revoked, s.Unchanged, s.Expired = s.Revoked+answer.Ended, s.Unchanged+len(answer.Before), s.Expired+answer.Expired
	i.refused += len(answer.Refused)
	for _, r := range answer.Refused {
		k := refusedToken{tokens[r.Place].Line, tokens[r.Place].ID, r.Reason}
		if wantsJSON(i.cmd) {
			s.Refused = append(s.Refused, k)
			continue
		}
		i.bar.Clear()
		fmt.Fprintf(i.cmd.ErrOrStderr(), "edgetoken: line %d: token %s: %s\n", k.Line, terminal.Printable(k.ID),
			terminal.Printable(k.Reason))
	}
}

// report prints what came of an import. The error is errRefused if a token on the blacklist was not judged.
func (i *blacklistImport) report(missing int) error {
	s := &i.sums
	s.Missing = missing
	if wantsJSON(i.cmd) {
		if err := printJSON(i.cmd.OutOrStdout(), s); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(i.cmd.OutOrStdout(), "revoked %s; %d were revoked before, %d have expired, %d were refused\n",
			counted(s.Revoked, "token"), s.Unchanged, s.Expired, i.refused)
	}
	if missing > 0 {
		fmt.Fprintf(i.cmd.ErrOrStderr(), "edgetoken: on the blacklist and not in the file: %s. Dump all of "+
			"token_blacklist\n", counted(missing, "token"))
	}
	if i.refused+missing > 0 {
		return errRefused
	}
	return nil
}

// tokenBatch is a list of tokens for a call.
type tokenBatch struct {
	tokens []blacklistfile.Token
	body   bytes.Buffer
}

// maxBatchBytes bounds a batch, but for its last token.
const maxBatchBytes = 1 << 20

func (b *tokenBatch) full() bool {
	return len(b.tokens) == admin.MaxTokens || b.body.Len() >= maxBatchBytes
}

func (b *tokenBatch) add(k blacklistfile.Token) {
	row := admin.ListedToken{ID: k.ID, Token: k.Token, User: k.User}
	if !k.ExpiresAt.IsZero() {
		row.ExpiresAt = &k.ExpiresAt
	}
	// The error would be that of a value that is no JSON, and all of them were read as JSON.
	_ = json.NewEncoder(&b.body).Encode(row)
	b.tokens = append(b.tokens, k)
}

// send makes the call, if the batch has a token.
func (b *tokenBatch) send(ctx context.Context, client *admin.Client, q admin.ListQuery) (admin.Listed, error) {
	if len(b.tokens) == 0 {
		return admin.Listed{}, nil
	}
	return admin.EndTokens.Call(ctx, client, q, admin.Stream{Reader: &b.body})
}
