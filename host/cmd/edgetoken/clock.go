package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// clockView answers GET and POST /clock.
type clockView struct {
	Now       time.Time  `json:"now"`       // what the clock says
	Latest    *time.Time `json:"latest"`    // the latest change of the store under a plausible clock, before the call; null where there was none
	Plausible bool       `json:"plausible"` // whether tokens are issued by the clock
	Problem   string     `json:"problem"`   // why they are not, and what to do; empty else
}

// showClock says whether the clock is plausible.
func (a *admin) showClock(r *http.Request) (clockView, error) {
	stats, err := a.store.Stats(r.Context())
	if err != nil {
		return clockView{}, err
	}
	return a.clockView(stats.LastCommit), nil
}

// acceptClock has the node issue tokens by what its clock says, as far as that is from the latest change.
func (a *admin) acceptClock(r *http.Request) (clockView, error) {
	latest, err := a.store.AcceptClock(r.Context())
	if err != nil {
		return clockView{}, err
	}
	v := a.clockView(latest)
	if a.log != nil {
		a.log.Warn("admin: clock accepted", "now", v.Now, "latest", latest)
	}
	return v, nil
}

func (a *admin) clockView(latest time.Time) clockView {
	v := clockView{Now: time.Now().UTC().Truncate(time.Second), Plausible: true}
	if !latest.IsZero() {
		latest = latest.Truncate(time.Second)
		v.Latest = &latest
	}
	if err := a.store.CheckClock(); err != nil {
		v.Plausible, v.Problem = false, err.Error()
	}
	return v
}

func clockCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "clock",
		Short: "say whether the clock is plausible, or accept it",
		Long: `clock looks after what a node makes of the machine's clock. By a clock that cannot be right nobody can log in and no token is issued (503, and /readyz says clock); tokens are
judged and revoked as ever. That is one before the program was written, one beyond 2093, and one that is over 366 days ahead of the latest change of the store.`,
		Example: `  edgetoken clock show
  edgetoken clock accept`,
	}
	show := addJSON(&cobra.Command{
		Use:     "show",
		Short:   "say whether the clock is plausible",
		Long:    "show says what the clock of the node says and whether tokens are issued by it. The exit status is 1 where they are not.",
		Example: "  edgetoken clock show\n  edgetoken clock show --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := callClock(c, http.MethodGet)
			if err != nil {
				return err
			}
			if err := printClock(c, v, map[bool]string{true: "plausible", false: v.Problem}[v.Plausible]); err != nil {
				return err
			}
			if !v.Plausible {
				return errRefused
			}
			return nil
		},
	})
	accept := addJSON(&cobra.Command{
		Use:   "accept",
		Short: "issue tokens by the clock, as far ahead as it is",
		Long: `accept takes what the clock says for right: where a node was off for more than 366 days, it issues tokens again. Look at the clock first. A clock that was accepted and
was wrong is taken back by another accept once it is right.`,
		Example: "  date && edgetoken clock accept",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := callClock(c, http.MethodPost)
			if err != nil {
				return err
			}
			return printClock(c, v, "accepted")
		},
	})
	c.AddCommand(show, accept)
	return c
}

func callClock(c *cobra.Command, method string) (v clockView, err error) {
	err = withAdmin(c, false, func(client *adminClient) error {
		return client.call(c.Context(), method, "/clock", nil, nil, &v)
	})
	return v, err
}

func printClock(c *cobra.Command, v clockView, verdict string) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	latest := "none"
	if v.Latest != nil {
		latest = v.Latest.Format(time.RFC3339)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "the clock says %s, the latest change was at %s: %s\n", v.Now.Format(time.RFC3339), latest, verdict)
	return err
}
