package customerfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
)

// bufferSize is how many bytes of a file are looked at to find its format, and how many wait to be written.
const bufferSize = 64 << 10

var errEmpty = errors.New("it is empty")

// open goes to the beginning of a source and finds its format. A byte order mark is skipped.
func open(s Source, given Format) (in *bufio.Reader, format Format, err error) {
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	in = bufio.NewReaderSize(s, bufferSize)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	start, err := in.Peek(bufferSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	found, err := recognise(start)
	if err == nil && given != "" && (found == CSV) != (given == CSV) {
		err = fmt.Errorf("it is not of the format %s", given)
	}
	if err != nil {
		return nil, "", err
	}
	return in, cmp.Or(given, found), nil
}

// recognise tells a format by how a file begins. All JSON is JSONL here: each object tells whether it is of a dump.
func recognise(start []byte) (Format, error) {
	i := 0
	for i < len(start) && isSpace(start[i]) {
		i++
	}
	switch i {
	case bufferSize:
		return "", errors.New("it begins with too many blanks")
	case len(start):
		return "", errEmpty
	}
	first := start[i]
	switch {
	case first == '{' || first == '[':
		return JSONL, nil
	case first == '<':
		return "", errors.New("it looks like XML: dump customers as JSON (manage.py dumpdata --format json)")
	case first == '%' || first == '-':
		return "", errors.New("it looks like YAML: dump customers as JSON (manage.py dumpdata --format json)")
	case first == 0xff || first == 0xfe || first == 0:
		return "", errors.New("it is not in UTF-8: save it so")
	case first == 0x1f || first == 'P' && len(start) > 3 && start[2] == 3:
		return "", errors.New("it is compressed: unpack it first")
	}
	return CSV, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
