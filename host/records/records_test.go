package records_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/edgetoken/edgetoken/host/records"
)

// objects are all that Objects gives, a line each.
func objects(in io.Reader) (got string, o *records.Objects) {
	o = records.NewObjects(in)
	for {
		raw, line, bad, err := o.Next()
		if err != nil {
			return fmt.Sprintf("%s%v", got, err), o
		}
		got += fmt.Sprintf("%d %s %v\n", line, raw, bad)
	}
}

// TestObjects: objects are the same however the file arrives, and wherever they cross a buffer.
func TestObjects(t *testing.T) {
	long := `{"é\"}": "` + strings.Repeat(`x\\`, 100_000) + `"}`
	for text, want := range map[string]string{
		"":                     "EOF",
		"[]\n":                 "EOF",
		" [{},\n" + long + "]": "1 {} <nil>\n2 " + long + " <nil>\nEOF",
		long + long:            "1 " + long + " <nil>\n1 " + long + " <nil>\nEOF",
		"x{}\n{\"a\n{\n}{": "1  is no JSON\n2  is no JSON\n3 {\n} <nil>\n" +
			"4  is cut off: the file ends within it\nEOF",
	} {
		got, o := objects(strings.NewReader(text))
		if got != want || o.Array != strings.Contains(text, "[") || o.Offset() != int64(len(text)) {
			t.Errorf("of %.20q come %.200q, an array %v, %d bytes; want %.200q", text, got, o.Array, o.Offset(), want)
		}
		if slow, _ := objects(iotest.OneByteReader(strings.NewReader(text))); slow != want {
			t.Errorf("of %.20q come byte by byte %.200q, want %.200q", text, slow, want)
		}
	}
}

// FuzzCSV holds records to those of encoding/csv, where that reads a file at all and line ends are plain.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n\"c\"\"d\",\"e\nf\"\n\n,\n", "a\r\nb", "\"\"", "a\"b\nc", "\"a\" \nb", "\"a", ",",
		strings.Repeat("x", 200_000) + ",y\nz,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		theirs, failed := r.ReadAll()
		theirs = slices.DeleteFunc(theirs, func(record []string) bool { // like an empty line
			return len(record) == 1 && record[0] == ""
		})
		for _, in := range []io.Reader{strings.NewReader(text), iotest.HalfReader(strings.NewReader(text))} {
			c := records.NewCSV(in)
			var ours [][]string
			for {
				cells, _, bad, err := c.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if (bad != nil || err != nil) && failed == nil {
					t.Fatalf("%q is read by encoding/csv: %v, %v", text, bad, err)
				}
				var record []string
				for _, cell := range cells {
					record = append(record, string(cell))
				}
				ours = append(ours, record)
			}
			if failed == nil && !strings.Contains(text, "\r") && fmt.Sprintf("%q", ours) != fmt.Sprintf("%q", theirs) {
				t.Errorf("records of %q are %q, want %q", text, ours, theirs)
			}
		}
	})
}
