package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// importing is an import of customers from files.
type importing struct {
	cmd     *cobra.Command
	strict  bool
	options customerfile.Options
	query   admin.ImportQuery

	inputs []input
	client *admin.Client
	bar    *terminal.Progress
	report importReport
	rows   []readRow // that were read since the last batch was sent
	batch  admin.ImportBatch
	sent   []int // the index in rows, of each row of the batch

	// seen are hashes of the ids or e-mail addresses of the rows that were read. The store remembers of an earlier
	// batch only what it changed.
	seen hashSet
	seed maphash.Seed
}

func (i *importing) open(paths []string) error {
	for _, path := range paths {
		in, err := openInput(i.cmd, path)
		if err != nil {
			return fmt.Errorf("read customers: %w", err)
		}
		i.inputs = append(i.inputs, in)
	}
	return nil
}

func (i *importing) close() (err error) {
	for _, in := range i.inputs {
		err = errors.Join(err, in.Close())
	}
	return err
}

// run imports the files and prints the report. With --strict it begins with a dry run.
func (i *importing) run(client *admin.Client) error {
	i.client = client
	interrupted, stop := interruption(i.cmd)
	defer stop()
	dry := i.query.Dry
	if i.strict && !dry {
		i.query.Dry = true
		err := i.pass(interrupted)
		if err == nil && i.report.trouble() {
			err = errors.New("nothing was imported, since --strict was given")
		}
		if err != nil {
			return i.finish(err)
		}
		i.report, i.query.Dry = importReport{}, false
	}
	err := i.pass(interrupted)
	if errors.Is(err, errInterrupted) && !dry {
		err = fmt.Errorf("%w: run the same command again to go on", err)
	}
	return i.finish(err)
}

// runElsewhere does a dry run where there is no store yet, in one that goes away.
func (i *importing) runElsewhere() (err error) {
	dir, err := os.MkdirTemp("", "edgetoken-dry-run-*") // mode 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := i.cmd.Flags().Set("data", dir); err != nil {
		return err
	}
	return withAdmin(i.cmd, true, i.run)
}

var errInterrupted = errors.New("interrupted")

// pass reads all files once, and sends what they hold.
func (i *importing) pass(interrupted context.Context) error {
	origin, err := admin.ShowOrigin.Call(i.cmd.Context(), i.client, admin.None{}, admin.None{})
	if err != nil {
		return err
	}
	i.options.TextIDs = origin.TextIDs
	if err := json.Unmarshal(origin.Origin, &i.options.Known); err != nil {
		return fmt.Errorf("read what earlier imports said: %w", err)
	}
	var sources []customerfile.Source
	var size int64
	for _, in := range i.inputs {
		sources = append(sources, customerfile.Source{Name: in.name, ReadSeeker: in})
		size += in.size
	}
	if size == 0 {
		return errors.New("there is nothing to read: has the command failed that was to write it?")
	}
	reader, err := customerfile.Open(sources, i.options)
	if err != nil {
		return err
	}
	var run [8]byte
	_, _ = rand.Read(run[:]) // it never fails
	i.query.Run = binary.BigEndian.Uint64(run[:]) | 1
	i.seen, i.seed = hashSet{}, maphash.MakeSeed()
	if err := i.sendGroups(reader); err != nil {
		return err
	}
	i.bar = terminal.NewProgress(i.cmd.ErrOrStderr(), "customers", size)
	defer i.bar.Clear()
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return i.send(reader.Offset())
		}
		if err != nil {
			return errors.Join(i.send(reader.Offset()), fmt.Errorf("read customers: %w", err))
		}
		i.take(row)
		if i.batch.Full() || len(i.rows) == maxPending {
			if err := i.send(reader.Offset()); err != nil {
				return err
			}
			if interrupted.Err() != nil {
				return fmt.Errorf("%w after %d rows", errInterrupted, i.report.Rows)
			}
		}
	}
}

// sendGroups sends the groups of the files, and keeps what they say of their source.
func (i *importing) sendGroups(reader *customerfile.Reader) error {
	ctx := i.cmd.Context()
	origin := reader.Origin()
	var groups []admin.ImportGroup
	for _, g := range reader.Groups() {
		groups = append(groups, admin.ImportGroup(g))
		if len(origin.Groups[g.Name].Kept) > 0 {
			i.report.keptOf = append(i.report.keptOf, g.Name)
		}
	}
	for batch := range admin.GroupBatches(groups) {
		done, err := admin.ImportGroups.Call(ctx, i.client, i.query, batch)
		if err != nil {
			return err
		}
		for _, t := range done.Trouble {
			i.say(fmt.Sprintf("group %s: %s", terminal.Brief(t.Name), troubleText(t.Status, t.Conflicts, t.Error)))
		}
		i.report.bare = append(i.report.bare, done.Bare...)
		i.report.Groups.Add(done.ImportCounts)
		i.report.ImportNotes.Add(admin.ImportNotes{Unasked: done.Unasked})
	}
	if i.query.Dry {
		return nil
	}
	raw, err := json.Marshal(origin)
	if err != nil {
		return err
	}
	_, err = admin.KeepOrigin.Call(ctx, i.client, admin.None{}, admin.Stream{Reader: bytes.NewReader(raw)})
	return err
}
