// Package customerfile reads and writes files of customers: what Django's dumpdata writes, JSON as customerjson reads
// it, and CSV. docs/operations.md describes the three formats under "Files of customers".
//
// A Reader reads every file twice. A dump names groups and permissions by number, and objects anywhere in the files
// say which names those are. So Open looks for these first (findings.go, models.go, explain.go, keys.go), and then
// Next gives one customer after the other (dump.go, jsonrows.go, csv.go). Only groups, permissions, content types and
// the names of fields are kept, up to a bound, so memory stays small however long the files are. A Writer writes the
// same formats.
//
// The one rule: what cannot be kept exactly as it stands is refused. A row that cannot be read has an Err, and the next
// one is read. An error quotes no value, which may be a secret.
package customerfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/records"
	"github.com/edgetoken/edgetoken/store"
)

// Format is how a file is written.
type Format string

const (
	Dumpdata Format = "django" // manage.py dumpdata, as JSON
	JSONL    Format = "jsonl"  // an object on each line
	CSV      Format = "csv"    // a header line, and a line for each customer (RFC 4180)
)

// Source is a file to read.
type Source struct {
	Name string // in errors
	io.ReadSeeker
}

// Options say how files are read. With the zero value the files tell.
type Options struct {
	Format Format
	// Model is the label of the customers' model in dumps, such as customers.customer. Empty: the one model whose
	// objects have a password.
	Model string
	// Email is the field of the model that holds the e-mail address; empty: that of Known, or email.
	Email string
	// TextIDs: the ids of CSV are texts, even those of digits alone.
	TextIDs bool
	// Known is what earlier files said. It explains keys too.
	Known Origin
}

// Row is one customer of a file. Groups has names alone: the permissions of each are nil.
type Row struct {
	Source string
	Line   int // where it begins, from 1
	customerjson.Customer
	// Kept are the keys that nothing explains: {"groups":[7],"user_permissions":[28]}. They grant nothing.
	Kept json.RawMessage
	// Unnumbered: it is of a dump that has no primary key for it.
	Unnumbered bool
	// Err says why the row cannot be read. Email and ID stand where they are known.
	Err error
}

// Reader reads files of customers. It is not safe for concurrent use.
type Reader struct {
	sources []Source
	options Options
	origin  Origin
	keys    keys
	dump    dumpReader

	next int   // the source to begin next
	rows rows  // of the source that is being read; nil before each
	done int64 // bytes of the sources that were read
}

// rows reads one source.
type rows interface {
	// row reads the next row; ok is false if it is no customer. The error is io.EOF after the last row, or says why
	// nothing more can be read.
	row(*Row) (ok bool, err error)
	// Offset is how many bytes of the source were read.
	Offset() int64
}

// Open looks through all sources for what explains keys.
func Open(sources []Source, o Options) (*Reader, error) {
	o.Email = cmp.Or(o.Email, o.Known.Email, "email")
	r := &Reader{sources: sources, options: o}
	seen := newFindings()
	for _, s := range sources {
		if err := seen.read(s, o); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	chosen, err := seen.choose(o)
	if err != nil {
		return nil, err
	}
	if r.keys, err = newKeys(o.Known, seen, chosen); err != nil {
		return nil, err
	}
	r.origin = r.keys.origin(o, chosen)
	r.dump = dumpReader{model: r.origin.Model, email: o.Email, keys: &r.keys}
	return r, nil
}

// Origin is what Options.Known and the files say, groups and their permissions included.
func (r *Reader) Origin() Origin { return r.origin }

// Groups are the groups that the files themselves name, sorted, with their permissions where Origin explains them.
func (r *Reader) Groups() (groups []store.ImportGroup) {
	for _, name := range slices.Sorted(maps.Keys(r.keys.here)) {
		g := store.ImportGroup{Name: name}
		if there := r.origin.Groups[name]; there.Explained {
			g.Permissions = append([]string{}, there.Permissions...)
		}
		groups = append(groups, g)
	}
	return groups
}

// Next is the next customer, and io.EOF after the last. After another error nothing more can be read.
func (r *Reader) Next() (Row, error) {
	for {
		if r.rows == nil {
			if r.next == len(r.sources) {
				return Row{}, io.EOF
			}
			s := r.sources[r.next]
			if err := r.begin(s); err != nil {
				return Row{}, fmt.Errorf("%s: %w", s.Name, err)
			}
			r.next++
		}
		row := Row{Source: r.sources[r.next-1].Name}
		ok, err := r.rows.row(&row)
		switch {
		case errors.Is(err, io.EOF):
			r.done += r.rows.Offset()
			r.rows = nil
		case err != nil:
			return Row{}, fmt.Errorf("%s: %w", row.Source, err)
		case ok:
			for name := range row.Groups {
				row.Groups[name] = nil // Reader.Groups has what it may do
			}
			return row, nil
		}
	}
}

func (r *Reader) begin(s Source) error {
	in, format, err := open(s, r.options.Format)
	switch {
	case errors.Is(err, errEmpty):
		r.rows, err = none{}, nil
	case err != nil:
		return err
	case format == CSV:
		r.rows, err = newCSVRows(in, r.options.TextIDs)
	default:
		r.rows = &jsonRows{records.NewObjects(in), &r.dump, format}
	}
	return err
}

// Offset is how many bytes of the sources Next has read.
func (r *Reader) Offset() int64 {
	if r.rows == nil {
		return r.done
	}
	return r.done + r.rows.Offset()
}

// none are the rows of an empty source.
type none struct{}

func (none) row(*Row) (bool, error) { return false, io.EOF }
func (none) Offset() int64          { return 0 }
