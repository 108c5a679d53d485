package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/store/fact"
)

// followPause is the time between two looks at the outbox of a running node.
const followPause = 500 * time.Millisecond

// outboxOff says why there are no facts, and what to do.
const outboxOff = "the outbox is off, so that no facts are kept: set outbox.enabled: true and start the node anew"

func factsCommand() *cobra.Command {
	var after string
	var limit int
	var follow bool
	c := &cobra.Command{
		Use:   "facts",
		Short: "print what was written, from the outbox",
		Long: "facts prints the frames of the outbox, one JSON object a line, the oldest first. A frame has " +
			"the facts of one commit: customers, groups, log-ins, log-outs, revocations.\n" +
			"Secrets are masked. E-mail addresses, names and attributes of customers are not.\n" +
			"The outbox is off unless outbox.enabled is true. It keeps frames until they are acknowledged.\n" +
			"--after and edgetoken facts acknowledge take the position of a frame.",
		Example: `  edgetoken facts | jq -c '.made as $time | .facts[] | {$time} + .'
  edgetoken facts --follow | jq -c '.facts[] | select(.fact == "revoke_family")'
  edgetoken facts --after 0c5b3a9d41e7f208:12 --limit 100
  edgetoken facts acknowledge 0c5b3a9d41e7f208:112`,
		Args: wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("limit") && limit < 1 {
				return misusef("--limit must be at least 1")
			}
			if after != "" {
				if err := checkPosition("--after", after); err != nil {
					return err
				}
			}
			p := factsPrinter{cmd: c, after: after, left: limit, bounded: limit > 0}
			if follow {
				return followFacts(c, &p)
			}
			return withAdmin(c, false, p.printAll)
		},
	}
	c.Flags().StringVar(&after, "after", "", "begin after the frame at this `POSITION`")
	c.Flags().Var((*wholeNumber)(&limit), "limit", "print at most so many frames; all if not given")
	c.Flags().BoolVar(&follow, "follow", false, "then print what the running node writes, until interrupted")
	c.AddCommand(acknowledgeCommand())
	return c
}

func acknowledgeCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "acknowledge POSITION",
		Short: "remove frames from the outbox that are kept elsewhere",
		Long: "acknowledge removes frames from the outbox: the one at POSITION and all before it. They are gone " +
			"then, so keep what you need of them first. Nothing else makes room in the outbox.",
		Example: `  edgetoken facts > facts.jsonl
  edgetoken facts acknowledge "$(tail -n 1 facts.jsonl | jq -r .position)"`,
		Args: wants(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkPosition("the argument", args[0]); err != nil {
				return err
			}
			answer, err := ask(c, admin.Acknowledge, admin.AcknowledgeQuery{UpTo: args[0]}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), answer)
			}
			text := "acknowledged up to " + answer.UpTo
			if !answer.Removed {
				text = "nothing to remove up to " + answer.UpTo
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), text)
			return err
		},
	})
}

// checkPosition refuses a text that is no position of a frame.
func checkPosition(what, text string) error {
	if _, err := fact.ParsePosition(text); err != nil {
		return misusef("%s is no position of a frame: write it as edgetoken facts shows it, as in "+
			"0c5b3a9d41e7f208:12", what)
	}
	return nil
}

// factsPrinter prints the frames of the outbox, page by page.
type factsPrinter struct {
	cmd     *cobra.Command
	after   string
	left    int // frames that may still be printed, if bounded
	bounded bool
	printed bool
}

// done reports whether all was printed that was asked for.
func (p *factsPrinter) done() bool { return p.bounded && p.left == 0 }

// printPage prints the next page, and reports whether there may be more.
func (p *factsPrinter) printPage(ctx context.Context, client *admin.Client) (more, enabled bool, err error) {
	query := admin.PageQuery{After: p.after, Limit: admin.MaxPage}
	if p.bounded {
		query.Limit = min(p.left, admin.MaxPage)
	}
	page, err := admin.ListFacts.Call(ctx, client, query, admin.None{})
	if err != nil {
		return false, false, err
	}
	var lines bytes.Buffer
	for _, f := range page.Frames {
		lines.Write(f)
		lines.WriteByte('\n')
	}
	n := len(page.Frames)
	p.after, p.left, p.printed = page.Last, p.left-n, p.printed || n > 0
	_, err = p.cmd.OutOrStdout().Write(lines.Bytes())
	return n > 0 && !p.done(), page.Enabled, err
}

// printAll prints all frames. If there is none because the outbox is off, that is an error.
func (p *factsPrinter) printAll(client *admin.Client) error {
	for {
		more, enabled, err := p.printPage(p.cmd.Context(), client)
		switch {
		case err != nil:
			return err
		case more:
		case !enabled && !p.printed:
			return errors.New(outboxOff)
		case !enabled:
			fmt.Fprintln(p.cmd.ErrOrStderr(), "edgetoken: warning: "+outboxOff)
			return nil
		default:
			return nil
		}
	}
}

// followFacts prints the frames of a running node, and then those that it writes.
func followFacts(c *cobra.Command, p *factsPrinter) (err error) {
	cfg, client, err := dialRunning(c)
	if err != nil {
		return err
	}
	if client == nil {
		return fmt.Errorf("no node runs on %s, so that there is nothing to follow: leave --follow out",
			datadir.Of(cfg))
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	for {
		more, enabled, err := p.printPage(c.Context(), client)
		switch {
		case err != nil:
			return err
		case p.done():
			return nil
		case more:
			continue
		case !enabled:
			return errors.New(outboxOff)
		}
		select {
		case <-time.After(followPause):
		case <-c.Context().Done():
			return nil
		}
	}
}
