package blacklistfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// objects reads the objects of a fixture one by one.
type objects struct {
	lines   lineCounter
	decoder *json.Decoder
	array   bool
	raw     json.RawMessage // the object
	line    int             // where it begins
}

// readObjects begins to read a fixture from its start.
func readObjects(r io.ReadSeeker) (*objects, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	o := &objects{lines: lineCounter{from: r}}
	o.decoder = json.NewDecoder(&o.lines)
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	switch head = bytes.TrimLeft(head[:n], " \t\r\n"); {
	case len(head) > 0 && head[0] == '[':
		o.array = true
	case len(head) == 0 || head[0] != '{':
		return nil, errors.New("the file is no dump in JSON: write one with manage.py dumpdata token_blacklist")
	}
	if _, err = r.Seek(0, io.SeekStart); err == nil && o.array {
		_, err = o.decoder.Token()
	}
	return o, err
}

// next reads the next object; io.EOF after the last.
func (o *objects) next() error {
	err := o.decode()
	switch {
	case err == nil:
		o.line = o.lines.at(o.decoder.InputOffset() - int64(len(o.raw)))
	case err != io.EOF:
		err = fmt.Errorf("line %d: %w", o.lines.at(o.decoder.InputOffset()), err)
	}
	return err
}

func (o *objects) decode() error {
	if !o.array || o.decoder.More() {
		return o.decoder.Decode(&o.raw)
	}
	_, err := o.decoder.Token() // the end of the array
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err == nil {
		if _, err = o.decoder.Token(); err == nil {
			err = errors.New("something follows the array of objects")
		}
	}
	return err
}

// lineCounter counts the lines of what is read through it.
type lineCounter struct {
	from  io.Reader
	read  int64   // bytes
	ends  []int64 // of the lines that are not counted yet
	lines int
}

func (l *lineCounter) Read(b []byte) (int, error) {
	n, err := l.from.Read(b)
	for i, c := range b[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at is the line of an offset, which must not be before that of an earlier call.
func (l *lineCounter) at(offset int64) int {
	n := 0
	for n < len(l.ends) && l.ends[n] < offset {
		n++
	}
	l.ends, l.lines = append(l.ends[:0], l.ends[n:]...), l.lines+n
	return l.lines + 1
}
