package customerfile

import (
	"errors"
	"fmt"
	"io"
)

// Objects reads the objects of a dump of any models, one by one: those of one array, or one after the other.
type Objects struct {
	split *splitter
	some  bool
}

// NewObjects reads from in.
func NewObjects(in io.Reader) *Objects { return &Objects{split: newSplitter(in)} }

// Next gives the next object, which is valid until the next call and may still be no JSON within its brackets, and the
// line on which it begins. The error is io.EOF after the last; an empty file is an error, an empty array is not.
func (o *Objects) Next() (raw []byte, line int, err error) {
	raw, line, bad, err := o.split.object()
	switch {
	case bad != nil && !o.some:
		err = fmt.Errorf("line %d: what stands here %w: write the file with manage.py dumpdata --format json",
			line, bad)
	case bad != nil:
		err = fmt.Errorf("line %d: what stands here %w", line, bad)
	case err == io.EOF && !o.some && !o.split.array:
		err = errors.New("the file is empty")
	}
	o.some = true
	return raw, line, err
}

// Read is how many bytes of the file were given.
func (o *Objects) Read() int64 { return o.split.read() }
