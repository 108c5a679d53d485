package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/blacklistfile"
	"github.com/edgetoken/edgetoken/host/terminal"
)

func exportBlacklistCommand() *cobra.Command {
	var output outputFile
	var known string
	var jsonl bool
	c := &cobra.Command{
		Use:   "export-blacklist",
		Short: "write the log-outs as a blacklist that a Django loads",
		Long: "export-blacklist writes the refresh tokens that were revoked here, or spent by rotation, and have not " +
			"expired, for manage.py loaddata: a Django that takes the tokens of this node then refuses them.\n" +
			"The ids of tokens that Django issued are not kept here. With --known it looks up in a dump of the " +
			"token_blacklist of the Django that will load the file which of those tokens ended here, and writes " +
			"that they are blacklisted. What that dump has on its blacklist is left out.\n" +
			"Customers must be there before: load edgetoken customers export first. What no list can have is said, " +
			"with the time until which it matters.",
		Example: `  edgetoken token export-blacklist -o blacklist.json
  python manage.py dumpdata token_blacklist -o known.json
  edgetoken token export-blacklist --known known.json | python manage.py loaddata --format json -`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("known") && known == "" {
				return misusef("--known is empty: name a file")
			}
			return cmp.Or(output.check(c), wants(0)(c, args))
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := output.free(); err != nil {
				return err
			}
			defer interruptible(c)()
			bar := terminal.NewProgress(c.ErrOrStderr(), "tokens", 0)
			x := blacklistExport{cmd: c, bar: bar, has: map[int64]bool{}}
			err := withAdmin(c, false, func(client *admin.Client) error {
				x.client = client
				write := func(to io.Writer) error {
					x.out = blacklistfile.NewWriter(to, jsonl)
					return x.write(known)
				}
				if !output.named() {
					return write(c.OutOrStdout())
				}
				return output.save("the blacklist", write)
			})
			if err != nil {
				return err
			}
			if output.named() {
				fmt.Fprintf(c.OutOrStdout(), "wrote %s to %s\n", counted(x.tokens, "token"), output.path)
			}
			for _, n := range x.lacks(known) {
				fmt.Fprintln(c.ErrOrStderr(), "edgetoken: not on the blacklist: "+n)
			}
			return nil
		},
	}
	f := c.Flags()
	output.addFlags(f)
	f.StringVar(&known, "known", "", "look up the tokens of this `FILE`, a dump of the token_blacklist to add to")
	f.BoolVar(&jsonl, "jsonl", false, "write one object a line, as loaddata reads a .jsonl file")
	return c
}

// blacklistExport is an export of a blacklist, and what came of it.
type blacklistExport struct {
	cmd    *cobra.Command
	client *admin.Client
	bar    *terminal.Progress
	out    *blacklistfile.Writer

	has      map[int64]bool // PrimaryKey of tokens of ours that the other system has
	tokens   int            // that were written
	unjudged int            // of the other system, whose key is not here
	unlisted admin.Unlisted
}

func (x *blacklistExport) write(known string) error {
	defer x.bar.Clear()
	if known != "" {
		in, err := openInput(x.cmd, known)
		if err != nil {
			return err
		}
		defer in.Close()
		if err := x.writeKnown(in); err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
	}
	for query := (admin.PageQuery{Limit: admin.MaxPage}); ; {
		page, err := admin.ListEnded.Call(x.cmd.Context(), x.client, query, admin.None{})
		if err != nil {
			return err
		}
		for i := range page.Families {
			if err := x.writeFamily(&page.Families[i]); err != nil {
				return err
			}
		}
		x.unlisted.Add(page.Unlisted)
		if query.After = page.Next; page.Next == "" {
			return x.out.Close()
		}
	}
}

// writeKnown writes which tokens of another system have ended here.
func (x *blacklistExport) writeKnown(in io.ReadSeeker) error {
	tokens, err := blacklistfile.NewReader(in)
	if err != nil {
		return err
	}
	for more := true; more; {
		var batch tokenBatch
		more, err = batch.fill(tokens, func(k *blacklistfile.Token) bool {
			if core.FamilyOf(k.ID).Ours {
				x.has[blacklistfile.PrimaryKey(k.ID)] = true
			}
			return !k.Blacklisted
		})
		if err != nil {
			return err
		}
		answer, err := batch.send(x.cmd.Context(), x.client, admin.ListQuery{Dry: true})
		if err != nil {
			return err
		}
		x.unjudged += len(answer.Refused)
		for _, place := range answer.Before {
			x.blacklisted(batch.tokens[place].ID, batch.tokens[place].Key)
		}
	}
	return nil
}

// writeFamily writes the tokens of a log-in that have ended here.
func (x *blacklistExport) writeFamily(f *admin.EndedFamily) error {
	user, err := json.Marshal(f.Customer)
	if err != nil {
		return err
	}
	name := core.FamilyKey{Bits: f.Family, Start: f.Start}
	for generation := uint64(f.First); generation <= uint64(f.Last); generation++ {
		id := name.RefreshTokenID(uint32(generation))
		pk := blacklistfile.PrimaryKey(id)
		if x.has[pk] {
			continue
		}
		x.out.Outstanding(id, user, time.UnixMilli(f.Start), f.ExpiresLast)
		x.blacklisted(id, strconv.AppendInt(nil, pk, 10))
	}
	return context.Cause(x.cmd.Context())
}

func (x *blacklistExport) blacklisted(id string, key json.RawMessage) {
	x.out.Blacklisted(id, key, time.Now())
	x.tokens++
	x.bar.Show(x.tokens, 0)
}

// lacks says what the blacklist lacks.
func (x *blacklistExport) lacks(known string) (list []string) {
	u := &x.unlisted
	lack := func(there bool, format string, args ...any) {
		if there {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	lack(u.Foreign > 0 && known == "", "%s that another system issued, of which only a digest is kept: give a dump of "+
		"its token_blacklist with --known", counted(u.Foreign, "token"))
	lack(x.unjudged > 0, "%s of %s that no key here has signed", counted(x.unjudged, "token"),
		terminal.Printable(known))
	lack(u.Unnamed > 0, "%s revoked by the name of a family, which does not tell any id",
		counted(u.Unnamed, "log-in"))
	lack(u.Long > 0, "the oldest spent tokens of %s that lasted longer than a refresh token lives",
		counted(u.Long, "log-in"))
	lack(u.Sliding, "sliding tokens, whose ids are not kept")
	if u.Until != nil {
		const how = "%s that ended all at once (log-out everywhere, another password); their refresh tokens expire " +
			"by %s"
		until := u.Until.Format("2006-01-02 15:04 UTC")
		lack(u.CutOffs > 0, how, "the log-ins of "+counted(u.CutOffs, "customer"), until)
		lack(u.All, how, "the log-ins of all customers", until)
	}
	return list
}
