package django

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/python"
)

// maxPartHeader is how many bytes of a part are searched for the end of its headers.
const maxPartHeader = 1024

// partHeader is what matters of a part's headers.
type partHeader struct {
	hasName     bool
	name        string
	isFile      bool
	fileName    string
	base64      bool
	contentType string
}

// split separates the headers from the content.
func (p *multipartParser) split(part []byte) (header partHeader, content []byte, err error) {
	head, _, found := bytes.Cut(part[:min(len(part), maxPartHeader)], []byte("\r\n\r\n"))
	if !found {
		if p.rules.StrictParts && len(part) >= maxPartHeader {
			return header, nil, &ParseError{"Multipart form parse error - Request max total header size exceeded."}
		}
		return header, nil, nil
	}
	for line := range strings.SplitSeq(string(head), "\r\n") {
		p.line(line, &header)
	}
	return header, part[len(head)+4:], nil
}

// line reads one header of a part and ignores one that it cannot read.
func (p *multipartParser) line(line string, header *partHeader) {
	parsed, params, ok := p.parseLine(line)
	if !ok {
		return
	}
	name, value, found := strings.Cut(parsed, ":")
	if !found {
		return
	}
	switch name {
	case "content-disposition":
		field, hasName := params["name"]
		header.hasName = hasName
		header.name = p.text(field, true)
		file := params["filename"]
		header.fileName = p.text(file, false)
		header.isFile = file.value != ""
	case "content-transfer-encoding":
		header.base64 = python.Strip(value) == "base64"
	case "content-type":
		header.contentType = python.Strip(value)
	}
}

// parseLine splits a line into its head ("content-disposition: form-data") and its parameters.
func (p *multipartParser) parseLine(line string) (head string, params map[string]oldParam, ok bool) {
	if !p.rules.EmailHeaders {
		head, params, err := parseOldHeader(line)
		return head, params, err == nil
	}
	if !utf8.ValidString(line) {
		return "", nil, false
	}
	header, err := parseEmailHeader(line)
	params = map[string]oldParam{}
	for name, value := range header.Params {
		params[name] = oldParam{value: value}
	}
	return header.Value, params, err == nil
}

// text decodes a parameter: its bytes are in the charset of the form, whatever the charset of the header was.
func (p *multipartParser) text(param oldParam, trim bool) string {
	switch {
	case param.decoded && trim:
		return python.Strip(param.value)
	case param.decoded:
		return param.value
	case trim:
		param.value = strings.Trim(param.value, python.ByteSpace)
	}
	return p.charset.DecodeReplacing([]byte(param.value))
}
