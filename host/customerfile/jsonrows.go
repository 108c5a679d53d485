package customerfile

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
)

// jsonRows are the customers of a file of JSON: objects of a dump, and objects as package customerjson reads them.
type jsonRows struct {
	in     *splitter
	dump   *dumpReader
	format Format
}

func (j *jsonRows) read() int64 { return j.in.offset() }

func (j *jsonRows) next(row *Row) (ok bool, err error) {
	raw, line, bad, err := j.in.object()
	row.Line = line
	switch {
	case err != nil:
		return false, err
	case bad != nil:
		row.Err = bad
		return true, nil
	case !json.Valid(raw):
		if j.in.array {
			return false, fmt.Errorf("line %d: the object that begins here %w", line, errNoJSON)
		}
		row.Err = errNoJSON
		return true, nil
	case isDump(raw):
		return j.dump.read(raw, row), nil
	case j.format == Dumpdata:
		row.Err = errors.New("is no object of dumpdata, which has model, pk and fields")
		return true, nil
	}
	var wrong []error
	var faults faults
	row.Customer, row.Kept, wrong = customerjson.ReadRow(raw)
	for _, w := range wrong {
		faults.add(w)
	}
	row.Err = faults.err
	return true, nil
}
