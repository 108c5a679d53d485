package customerfile

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/edgetoken/edgetoken/store"
)

// Writer writes a file of customers: first Groups, if they are wanted, then Write for each customer, then Close.
type Writer struct {
	out   io.Writer
	form  form
	buf   []byte // what is not yet written
	begun bool
	left  map[string]int
	lacks map[string]int
}

// form writes one format. Its methods append to dst.
type form interface {
	begin(dst []byte) ([]byte, error)
	// groups and customer call left with the name of what the format has no place for.
	groups(dst []byte, groups []store.Group, left func(name string)) []byte
	customer(dst []byte, c *store.Customer, kept json.RawMessage, left func(name string)) []byte
	end(dst []byte) []byte
}

// NewWriter makes a writer. Only Dumpdata needs the origin. It writes groups and permissions as natural keys; with
// primaryKeys as the primary keys that the origin knows.
func NewWriter(w io.Writer, f Format, o Origin, primaryKeys bool) *Writer {
	writer := &Writer{out: w, left: map[string]int{}, lacks: map[string]int{}}
	switch f {
	case Dumpdata:
		writer.form = newDumpForm(o, primaryKeys, writer.lacks)
	case CSV:
		writer.form = csvForm{}
	default:
		writer.form = jsonlForm{}
	}
	return writer
}

// Groups writes groups and what they may do, for which CSV has no place.
func (w *Writer) Groups(groups []store.Group) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.buf = w.form.groups(w.buf, groups, w.leave)
	return w.flush(bufferSize)
}

// Write writes a customer.
func (w *Writer) Write(c store.Exported) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.buf = w.form.customer(w.buf, &c.Customer, c.Kept, w.leave)
	return w.flush(bufferSize)
}

// Close writes the end of the file. It does not close the io.Writer.
func (w *Writer) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.buf = w.form.end(w.buf)
	return w.flush(0)
}

// Left is what was left out because the format, or the customers' model, has no place for it: a name, such as
// first_name or attributes.plan, and how many customers or groups have it.
func (w *Writer) Left() map[string]int { return w.left }

// Lacks has the fields of the customers' model that are not written, since nothing is known of them, and of how many
// customers. loaddata writes the model's defaults there.
func (w *Writer) Lacks() map[string]int { return w.lacks }

func (w *Writer) leave(name string) { w.left[name]++ }

func (w *Writer) begin() (err error) {
	if !w.begun {
		w.begun = true
		w.buf, err = w.form.begin(w.buf)
	}
	return err
}

// flush writes what waits, if it is more than that many bytes.
func (w *Writer) flush(most int) error {
	if len(w.buf) <= most {
		return nil
	}
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	if err != nil {
		return fmt.Errorf("write customers: %w", err)
	}
	return nil
}
