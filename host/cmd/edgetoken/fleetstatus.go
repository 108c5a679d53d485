package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store/fact"
)

// watchPause is the time between two looks of fleet status --watch.
const watchPause = time.Second

func fleetStatusCommand() *cobra.Command {
	var watch bool
	c := &cobra.Command{
		Use:   "status",
		Short: "show the fleet as this node sees it",
		Long: "status shows what this node is in its fleet. At the hub it lists the nodes: whether they are " +
			"connected, when the hub heard of them last, what is left of their lease, how much in their outbox waits " +
			"for the hub, and how far their clock is off. At an edge it says how old what the edge knows may be.\n" +
			"Of a node that does not run it shows what the store has: who is a member.\n" +
			"--watch shows it again each second, on a terminal in the same place; with --json one object a line.",
		Example: "  edgetoken fleet status\n  edgetoken fleet status --watch\n  edgetoken fleet status --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if watch {
				return watchFleet(c)
			}
			v, err := ask(c, admin.ShowFleet, admin.None{}, admin.None{})
			if err != nil {
				return err
			}
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), v)
			}
			return printFleetStatus(c.OutOrStdout(), v, time.Now())
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "show it again each second, until interrupted")
	return addJSON(c)
}

// watchFleet shows the status again and again until the command is interrupted.
func watchFleet(c *cobra.Command) error {
	interrupted, stop := interruption(c)
	defer stop()
	return withAdmin(c, false, func(client *admin.Client) error {
		screen := terminal.NewScreen(c.OutOrStdout())
		for {
			v, err := admin.ShowFleet.Call(c.Context(), client, admin.None{}, admin.None{})
			if err == nil {
				err = showFleet(c, screen, v)
			}
			if err != nil {
				return err
			}
			select {
			case <-time.After(watchPause):
			case <-interrupted.Done():
				return nil
			}
		}
	})
}

// showFleet shows one status of those that are watched.
func showFleet(c *cobra.Command, screen *terminal.Screen, v admin.Fleet) error {
	if wantsJSON(c) {
		return json.NewEncoder(c.OutOrStdout()).Encode(v)
	}
	var text bytes.Buffer
	if err := printFleetStatus(&text, v, time.Now()); err != nil {
		return err
	}
	return screen.Draw(text.String())
}

func printFleetStatus(w io.Writer, v admin.Fleet, now time.Time) error {
	if v.Role == "alone" {
		_, err := fmt.Fprintln(w, "this node is in no fleet")
		return err
	}
	fmt.Fprintf(w, "node %d, %s of the fleet %s; the hub is at %s\n", v.Number, v.Role, terminal.Printable(v.Fleet),
		terminal.Printable(strings.Join(v.Addresses, ", ")))
	switch {
	case !v.Running:
		fmt.Fprintln(w, "it does not run: this is what its store has")
	case v.Edge != nil:
		fmt.Fprintln(w, edgeText(*v.Edge, now))
	case len(v.Missing) > 0:
		fmt.Fprintf(w, "the hub was restored, and waits for %s: see edgetoken fleet recover\n", numbers(v.Missing))
	}
	live := v.Running && v.Edge == nil
	rows := [][]string{{"NODE", "NAME", "STATE"}}
	if live {
		rows[0] = append(rows[0], "HEARD", "LEASE", "WAITING", "CLOCK", "VERSION", "NOTES")
	}
	for _, n := range v.Nodes {
		row := []string{strconv.Itoa(int(n.Number)), n.Name, stateOf(n, live)}
		if live {
			row = append(row, liveCells(n, slices.Contains(v.Missing, n.Number), now)...)
		}
		rows = append(rows, row)
	}
	if err := terminal.Table(w, rows); err != nil {
		return err
	}
	if v.Recorder != nil {
		fmt.Fprintln(w, recorderText(*v.Recorder))
	}
	for _, i := range v.Invitations {
		fmt.Fprintf(w, "invited: %s, until %s\n", terminal.Printable(cmp.Or(i.Name, "any node")), date(&i.Until))
	}
	return nil
}

// recorderText says how far the log of the hub is recorded.
func recorderText(r admin.FleetRecorder) string {
	text := "recorder: up"
	switch {
	case !r.Up:
		text = "recorder: away: " + terminal.Printable(cmp.Or(r.Fault, "it has not answered yet"))
	case r.Behind:
		text = "recorder: catching up"
	}
	if r.Gap != nil {
		text += "; the record has a gap since " + date(r.Gap) + ": make a backup"
	}
	return text
}

// stateOf says what a member is; live: the hub that answers knows whether it is connected.
func stateOf(n admin.FleetNode, live bool) string {
	switch {
	case n.Withdrawn != nil && n.CutOff != nil:
		return "withdrawn as stolen"
	case n.Withdrawn != nil:
		return "withdrawn"
	case n.Number == fact.HubNumber:
		return "hub"
	case !live:
		return "edge"
	case n.Connected:
		return "connected"
	}
	return "away"
}

// liveCells are the cells of a member that only a running hub knows.
func liveCells(n admin.FleetNode, missing bool, now time.Time) []string {
	if n.Number == fact.HubNumber || n.Withdrawn != nil || n.Heard == nil {
		return []string{"-", "-", "-", "-", orDash(n.Version), notesOf(n, missing)}
	}
	return []string{ago(*n.Heard, now), shortly(milliseconds(n.Lease)), inBytes(n.Waiting),
		fmt.Sprintf("%+dms", n.ClockOffset), orDash(n.Version), notesOf(n, missing)}
}

// notesOf says what is special about a member.
func notesOf(n admin.FleetNode, missing bool) string {
	var notes []string
	for _, note := range []struct {
		holds bool
		text  string
	}{
		{missing, "has yet to say what the restored hub forgot"},
		{n.Connected && n.Behind, "catching up"},
		{n.Quarantined > 0, fmt.Sprintf("%d facts in quarantine", n.Quarantined)},
		{n.Differs, "other settings than the hub"},
		{n.Withdrawn != nil && !n.AtHub, "its log-ins have no home: run edgetoken fleet withdraw again"},
	} {
		if note.holds {
			notes = append(notes, note.text)
		}
	}
	return strings.Join(notes, ", ")
}

// edgeText says how an edge does.
func edgeText(e admin.FleetEdge, now time.Time) string {
	if e.Withdrawn {
		return "withdrawn: this node was taken out of the fleet, and answers nothing: edgetoken fleet leave makes it " +
			"a single node"
	}
	text := "away: there is no link to the hub"
	switch {
	case e.Fenced:
		text = "overtaken: another process runs as this node, and began later: stop one of them"
	case e.Connected:
		text = "connected"
	case e.Fault != "":
		text += " (" + terminal.Printable(e.Fault) + ")"
	}
	switch {
	case e.Age == nil:
		text += "; it has heard nothing since it started"
	default:
		text += "; it knows all of " + shortly(milliseconds(*e.Age)) + " ago"
	}
	if e.Heard != nil {
		text += "; the hub answered " + ago(*e.Heard, now)
	}
	text += "; lease " + shortly(milliseconds(e.Lease)) + "; clock " + fmt.Sprintf("%+dms", -e.ClockOffset)
	if e.Behind {
		text += "; catching up"
	}
	if len(e.Differs) > 0 {
		text += "; other settings than the hub: " + strings.Join(e.Differs, ", ")
	}
	if e.Connected && !e.HubWhole {
		text += "; the hub was restored, and waits for nodes"
	}
	return text
}

// ago is how long something is past.
func ago(t, now time.Time) string { return shortly(max(0, now.Sub(t))) + " ago" }

// shortly is a duration with as many digits as tell something.
func shortly(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func inBytes(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// numbers is a list of nodes.
func numbers(list []uint16) string {
	var texts []string
	for _, n := range list {
		texts = append(texts, strconv.Itoa(int(n)))
	}
	if len(texts) == 1 {
		return "node " + texts[0]
	}
	return "nodes " + strings.Join(texts, ", ")
}
