package customerfile

import (
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/records"
)

// jsonRows are the customers of a file of JSON: objects of a dump, and objects as package customerjson reads them.
type jsonRows struct {
	*records.Objects
	dump   *dumpReader
	format Format
}

func (j *jsonRows) row(row *Row) (ok bool, err error) {
	raw, line, bad, err := j.Next()
	if err != nil {
		return false, err
	}
	row.Line = line
	if row.Err = bad; bad == nil {
		row.Err = exactjson.Exact(raw)
	}
	if errors.Is(row.Err, exactjson.ErrNoJSON) && j.Array {
		return false, fmt.Errorf("line %d: the object that begins here %w", line, row.Err)
	}
	if row.Err != nil {
		return true, nil
	}
	var o object
	o.read(raw)
	switch {
	case o.isDump():
		return j.dump.read(&o, row), nil
	case j.format == Dumpdata:
		row.Err = errors.New("is no object of dumpdata, which has model, pk and fields")
		return true, nil
	case o.isGroup():
		return false, nil
	}
	customer, kept, wrong := customerjson.ReadRow(raw)
	var f faults
	for _, w := range wrong {
		f.add("", w)
	}
	row.Customer, row.Kept, row.Err = customer, kept, f.err
	return true, nil
}
