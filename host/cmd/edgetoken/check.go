package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/terminal"
	"github.com/edgetoken/edgetoken/store"
)

// checkView is what check prints.
type checkView struct {
	File       string     `json:"file"`
	Sound      bool       `json:"sound"`
	ID         string     `json:"id"`     // of the store; empty where it could not be read
	IDs        string     `json:"ids"`    // "integer", "text"; empty where it could not be read
	Schema     int        `json:"schema"` // 0 where it could not be read
	Older      bool       `json:"older"`  // edgetoken upgrades this schema when it opens the store
	upgrading  bool       // it has begun to
	Bytes      int64      `json:"bytes"`
	Customers  int        `json:"customers"`
	Families   int        `json:"families"`
	Revoked    int        `json:"revoked_families"`
	Tombstones int        `json:"tombstones"`
	Groups     int        `json:"groups"`
	Sessions   int        `json:"sessions"`
	LastCommit *time.Time `json:"last_commit"`    // null where it could not be read
	Made       *time.Time `json:"made,omitempty"` // of a backup
	Keys       *bool      `json:"keys,omitempty"` // of a backup: whether a sealed signing key is in it
	Problems   []string   `json:"problems"`
	More       int        `json:"more"` // problems beyond those listed
}

func checkCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:   "check [FILE]",
		Short: "check a store file or a backup",
		Long: "check reads a whole store file, that of the data directory or a backup, and says what is wrong with " +
			"its pages and its records. It changes nothing.\n" +
			"The store of a running node is in use, and a copy made meanwhile may be of no use: stop the node, or " +
			"check a backup. The exit status is 1 where something is wrong.",
		Example: "  edgetoken check\n  edgetoken check shop.backup --json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misusef("wrong number of arguments: %d; usage: %s", len(args), c.UseLine())
			}
			path := ""
			if len(args) == 1 {
				path = args[0]
			} else {
				cfg, err := loadConfig(c)
				if err != nil {
					return err
				}
				path = datadir.Of(cfg).Store()
			}
			r, err := store.Check(path)
			if err != nil {
				return err
			}
			v := viewOfCheck(path, r)
			if err := printCheck(c, v); err != nil {
				return err
			}
			if !v.Sound {
				return errRefused
			}
			return nil
		},
	})
}

func viewOfCheck(path string, r store.Report) checkView {
	kinds := map[core.IDKind]string{core.IntegerID: "integer", core.TextID: "text"}
	v := checkView{
		File: path, Sound: r.Sound(), ID: r.ID, IDs: kinds[r.IDs], Schema: r.Schema, Older: r.Older, Bytes: r.Bytes,
		Customers: r.Customers, Families: r.Families, Revoked: r.Revoked,
		Tombstones: r.Tombstones, Groups: r.Groups, Sessions: r.Sessions,
		Problems: []string{}, More: r.More, upgrading: r.Upgrading,
	}
	if !r.LastCommit.IsZero() {
		v.LastCommit = &r.LastCommit
	}
	if !r.Made.IsZero() {
		v.Made, v.Keys = &r.Made, &r.Keys
	}
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, p.String())
	}
	return v
}

func printCheck(c *cobra.Command, v checkView) error {
	out := c.OutOrStdout()
	if wantsJSON(c) {
		return printJSON(out, v)
	}
	last := "unknown"
	if v.LastCommit != nil {
		last = v.LastCommit.Format(time.RFC3339)
	}
	layout := "unknown"
	if v.Schema > 0 {
		layout = fmt.Sprint(v.Schema)
	}
	switch {
	case v.upgrading:
		layout += ", half upgraded: the next command or node that opens the store goes on with it"
	case v.Older:
		layout += ", of an older version: the next command or node that opens the store upgrades it"
	}
	count := func(n int) string {
		if v.Schema == 0 {
			return "unknown"
		}
		return fmt.Sprint(n)
	}
	rows := [][]string{
		{"file", v.File}, {"size", fmt.Sprintf("%d bytes", v.Bytes)}, {"store", cmp.Or(v.ID, "unknown")},
		{"ids", cmp.Or(v.IDs, "unknown")}, {"schema", layout}, {"customers", count(v.Customers)},
		{"revoked log-ins", count(v.Revoked)}, {"rotated log-ins", count(v.Families - v.Revoked)},
		{"removed customers", count(v.Tombstones)},
		{"groups", count(v.Groups)}, {"browser sessions", count(v.Sessions)}, {"last commit", last},
	}
	if v.Made != nil {
		key := "no"
		if *v.Keys {
			key = "sealed"
		}
		rows = append(rows, []string{"backup of", v.Made.Format(time.RFC3339)}, []string{"signing key", key})
	}
	if err := terminal.Table(out, rows); err != nil {
		return err
	}
	for _, p := range v.Problems {
		fmt.Fprintln(out, "wrong: "+terminal.Printable(p))
	}
	if v.More > 0 {
		fmt.Fprintf(out, "wrong: %d more\n", v.More)
	}
	verdict := "damaged: restore a backup, and keep this file for a look at it"
	switch {
	case v.Sound:
		verdict = "sound"
	case v.Made != nil:
		verdict = "damaged: make another backup, or restore another one"
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}
