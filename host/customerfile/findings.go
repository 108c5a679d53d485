package customerfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/edgetoken/edgetoken/host/records"
)

// findings are what Open finds in the files.
type findings struct {
	models      map[string]*model // by label
	types       map[int64]contentType
	permissions []permission
	groups      []group
	// lines are the groups that files name which are no dumps, with their permissions; nil if no file says them.
	lines map[string][]string
	size  int // of all these, about
}

// maxFindings bounds what is kept of the files, in bytes.
const maxFindings = 32 << 20

// keep counts something that has that many bytes of text.
func (f *findings) keep(text int) { f.size += 100 + text }

// full says that too much was found.
func (f *findings) full() error {
	if f.size > maxFindings {
		return fmt.Errorf("the files have more than %d MiB of groups, permissions and names of fields: leave out "+
			"what customers do not need", maxFindings>>20)
	}
	return nil
}

func newFindings() *findings {
	return &findings{
		models: map[string]*model{}, types: map[int64]contentType{}, lines: map[string][]string{},
	}
}

// read looks through a source. Bad rows are left to Next.
func (f *findings) read(s Source, o Options) error {
	in, format, err := open(s, o.Format)
	switch {
	case errors.Is(err, errEmpty):
		return nil
	case err != nil:
		return err
	case format == CSV:
		return f.readCSV(in)
	}
	objects := records.NewObjects(in)
	for {
		raw, line, bad, err := objects.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && bad == nil {
			if err = f.object(raw); err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (f *findings) readCSV(in io.Reader) error {
	rows, err := newCSVRows(in, false)
	if err != nil {
		return err
	}
	groups := slices.Index(rows.columns, "groups")
	if groups < 0 {
		return nil
	}
	for {
		cells, _, bad, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if bad == nil && groups < len(cells) {
			f.customersGroups(bytes.TrimSpace(cells[groups]))
			if err := f.full(); err != nil {
				return err
			}
		}
	}
}

// object looks at one object.
func (f *findings) object(raw []byte) error {
	var o object
	o.read(raw)
	var err error
	switch {
	case o.isDump():
		err = f.dumped(&o)
	case o.isGroup():
		err = f.line(raw)
	case o.groups != nil:
		f.customersGroups(o.groups)
	}
	return cmp.Or(err, f.full())
}

// dumped looks at an object of a dump.
func (f *findings) dumped(o *object) error {
	label := o.label()
	switch string(label) {
	case groupModel:
		return f.group(o)
	case permissionModel:
		return f.permission(o)
	case typeModel:
		return f.contentType(o)
	}
	m := f.models[string(label)]
	if m == nil {
		m = &model{label: string(label), groups: map[string]bool{}, permissions: map[string]contentType{}}
		f.models[m.label] = m
		f.keep(len(m.label))
	}
	f.look(m, o.fields)
	return nil
}
