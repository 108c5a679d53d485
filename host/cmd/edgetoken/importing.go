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
	"os/signal"
	"slices"
	"strings"
	"syscall"

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

	// seen are hashes of the ids and e-mail addresses of a dry run: the store knows of those of one batch alone.
	seen map[uint64]bool
	seed maphash.Seed
}

// readRow is a row that was read.
type readRow struct {
	place string // for messages: file, line, id, e-mail address
	fault string // why it is not imported as it stands
}

// maxPending bounds how many rows are read before a batch is sent, and those that are bad reported.
const maxPending = 1000

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

// run imports the files, with --strict after a dry run over all of them, and prints the report.
func (i *importing) run(client *admin.Client) error {
	i.client = client
	// An interrupt is heard between two batches, a second one ends the command at once.
	interrupted, stop := signal.NotifyContext(i.cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(interrupted, stop)

	dry := i.query.Dry
	if i.strict && !dry {
		i.query.Dry = true
		if err := i.pass(interrupted); err != nil {
			return err
		}
		if i.report.trouble() {
			i.report.DryRun = true
			return i.finish("nothing was imported, since --strict was given")
		}
		i.report, i.query.Dry = importReport{}, false
	}
	i.report.DryRun = dry
	err := i.pass(interrupted)
	if errors.Is(err, errInterrupted) {
		return i.finish("interrupted: the same command goes on where it ended")
	}
	if err != nil {
		return err
	}
	return i.finish("")
}

var errInterrupted = errors.New("interrupted: nothing was imported")

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
		sources = append(sources, customerfile.Source{Name: in.name, ReadSeeker: in, Size: in.size})
		size += in.size
	}
	reader, err := customerfile.Open(sources, i.options)
	if err != nil {
		return err
	}
	var run [8]byte
	_, _ = rand.Read(run[:]) // it never fails
	i.query.Run = binary.BigEndian.Uint64(run[:]) | 1
	i.seen, i.seed = map[uint64]bool{}, maphash.MakeSeed()
	if err := i.sendGroups(reader); err != nil {
		return err
	}
	i.bar = terminal.NewProgress(i.cmd.ErrOrStderr(), "customers", size)
	defer i.bar.Clear()
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return i.send(reader.Read())
		}
		if err != nil {
			return errors.Join(i.send(reader.Read()), fmt.Errorf("read customers: %w", err))
		}
		i.take(row)
		if i.batch.Full() || len(i.rows) == maxPending {
			if err := i.send(reader.Read()); err != nil {
				return err
			}
			if interrupted.Err() != nil {
				return errInterrupted
			}
		}
	}
}

// sendGroups sends the groups of the files, and keeps what they say of their source.
func (i *importing) sendGroups(reader *customerfile.Reader) error {
	ctx := i.cmd.Context()
	origin := reader.Origin()
	const at = 100
	for list := range slices.Chunk(reader.Groups(), at) {
		var groups admin.GroupsImport
		for _, g := range list {
			groups.Groups = append(groups.Groups, admin.ImportGroup(g))
			if len(origin.Groups[g.Name].Kept) > 0 {
				i.report.keptOf = append(i.report.keptOf, g.Name)
			}
		}
		done, err := admin.ImportGroups.Call(ctx, i.client, i.query, groups)
		if err != nil {
			return err
		}
		for _, t := range done.Trouble {
			i.say(fmt.Sprintf("group %s: %s", terminal.Printable(t.Name), troubleText(t.Status, t.Conflicts, t.Error)))
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

// take adds a row to the batch, unless it cannot be imported.
func (i *importing) take(row customerfile.Row) {
	r := readRow{place: placeOf(row)}
	err := row.Err
	if err == nil && i.query.Dry {
		err = i.first(row)
	}
	if err == nil {
		err = i.batch.Add(row.Customer, row.Kept)
	}
	if err == nil {
		i.sent = append(i.sent, len(i.rows))
	} else {
		i.report.Bad++
		r.fault = err.Error()
	}
	i.rows = append(i.rows, r)
}

// first refuses a customer that the files have twice.
func (i *importing) first(row customerfile.Row) error {
	for _, name := range []string{"id " + row.ID.String(), "email " + row.Email} {
		h := maphash.String(i.seed, name)
		if i.seen[h] && name != "id " {
			return errors.New("the import has this customer twice: the first row counts")
		}
		i.seen[h] = true
	}
	return nil
}

// placeOf names a row, without a value that may be a secret.
func placeOf(row customerfile.Row) string {
	place := fmt.Sprintf("%s line %d", row.Source, row.Line)
	var names []string
	for _, s := range []string{row.ID.String(), row.Email} {
		if s != "" {
			names = append(names, terminal.Printable(s))
		}
	}
	if len(names) == 0 {
		return place
	}
	return place + " (" + strings.Join(names, ", ") + ")"
}

// send sends the batch, and says what is wrong with the rows that were read. read is how many bytes of the files they
// take it to.
func (i *importing) send(read int64) error {
	if i.batch.Rows() > 0 {
		done, err := admin.ImportCustomers.Call(i.cmd.Context(), i.client, i.query, i.batch.Stream())
		if err != nil {
			return err
		}
		for _, t := range done.Trouble {
			i.rows[i.sent[t.Row]].fault = troubleText(t.Status, t.Conflicts, t.Error)
		}
		i.report.ImportCounts.Add(done.ImportCounts)
		i.report.ImportNotes.Add(done.ImportNotes)
	}
	i.report.Rows += len(i.rows)
	for _, r := range i.rows {
		if r.fault != "" {
			i.say(r.place + ": " + r.fault)
		}
	}
	i.rows, i.sent = i.rows[:0], i.sent[:0]
	i.bar.Show(i.report.Rows, read)
	return nil
}

// say prints a line about a row or a group.
func (i *importing) say(text string) {
	if i.bar != nil {
		i.bar.Clear()
	}
	fmt.Fprintln(i.cmd.ErrOrStderr(), "edgetoken: "+text)
}

// troubleText says what is wrong with a row or a group.
func troubleText(status string, conflicts []string, why string) string {
	switch {
	case status == "removed":
		return "was removed here after an earlier import, and is not added again; --overwrite adds it"
	case len(conflicts) > 0:
		return "conflict in " + strings.Join(conflicts, ", ") + ": " + why
	}
	return why
}
