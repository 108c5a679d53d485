package main

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// readRow is a row that was read.
type readRow struct {
	place string // for messages: file, line, id, e-mail address
	fault string // why it is not imported as it stands
}

// maxPending bounds how many rows are read before a batch is sent, and those that are bad reported.
const maxPending = 1000

// take adds a row to the batch, unless it cannot be imported.
func (i *importing) take(row customerfile.Row) {
	r := readRow{place: placeOf(row)}
	if row.ID.Kind == core.TextID && !i.options.TextIDs {
		i.report.textIDs++
	}
	if row.Unnumbered {
		i.report.unnumbered++
	}
	err := row.Err
	if err == nil {
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

// first refuses a customer that the files have twice. It goes by the id, and where there is none by the e-mail address;
// by both in a dry run, in which the store sees no row of an earlier batch.
func (i *importing) first(row customerfile.Row) error {
	names := []string{"id " + row.ID.String(), "email " + row.Email}
	switch {
	case row.ID.IsZero():
		names = names[1:]
	case !i.query.Dry:
		names = names[:1]
	}
	for _, name := range names {
		if !i.seen.add(maphash.String(i.seed, name)) {
			return errors.New("the import has this customer twice: the first row counts")
		}
	}
	return nil
}

// placeOf names a row, without a value that may be a secret.
func placeOf(row customerfile.Row) string {
	place := fmt.Sprintf("%s line %d", row.Source, row.Line)
	var names []string
	for _, s := range []string{row.ID.String(), row.Email} {
		if s != "" {
			names = append(names, terminal.Brief(s))
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
