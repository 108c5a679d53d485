package django

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode"

	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

// ParseMultipart reads a multipart form as the REST framework's MultiPartParser does. contentType is the
// header as its bytes came, charset its charset parameter, "" if there is none. An empty body is an
// empty form. Errors are *ParseError, ErrTooManyFields, ErrTooManyFiles and ErrBodyTooLarge:
//
//	Multipart form parse error - Invalid boundary in multipart: None
//
// A part with a filename is a file; fields in base64 are decoded. As Django does, it skips a part that names no
// field, a file whose name is only a path, and a file after which nothing follows, since that may be cut. (Django
// reads in chunks, and may take the rest of a long part that it skipped for a part of its own; here all of it is
// skipped.)
func ParseMultipart(contentType string, body []byte, charset string, rules Rules) (*Form, error) {
	c, err := lookupCharset(charset)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return &Form{}, nil
	}
	boundary, err := findBoundary(Latin1(contentType), rules)
	if err != nil {
		return nil, err
	}
	p := multipartParser{form: &Form{}, charset: c, rules: rules}
	separator := []byte("--" + boundary)
	for len(body) > 0 {
		content, rest, found := bytes.Cut(body, separator)
		if found {
			content = bytes.TrimSuffix(bytes.TrimSuffix(content, []byte("\n")), []byte("\r"))
		}
		if err := p.part(content); err != nil {
			return nil, err
		}
		body = rest
	}
	for _, file := range p.files {
		p.form.add(file.Name, Field{File: file})
	}
	return p.form, nil
}

// CheckMultipart refuses a Content-Type with which ParseMultipart reads no body but an empty one.
func CheckMultipart(contentType, charset string, rules Rules) error {
	if err := CheckCharset(charset); err != nil {
		return err
	}
	_, err := findBoundary(Latin1(contentType), rules)
	return err
}

// findBoundary finds the text between the parts.
func findBoundary(contentType string, rules Rules) (string, error) {
	refuse := func(format string, args ...any) (string, error) {
		return "", &ParseError{"Multipart form parse error - " + fmt.Sprintf(format, args...)}
	}
	if !strings.HasPrefix(contentType, "multipart/") {
		return refuse("Invalid Content-Type: %s", contentType)
	}
	if !isASCII(contentType) {
		return refuse("Invalid non-ASCII Content-Type in multipart: %s", contentType)
	}
	header, err := ParseHeader(contentType, rules)
	if err != nil {
		return refuse("Invalid Content-Type: %s", contentType)
	}
	boundary, found := header.Params["boundary"]
	if !found {
		return refuse("Invalid boundary in multipart: None")
	}
	// RFC 2046 §5.1.1 allows 70 characters, Django 201; none of them but the last may be a space.
	if n := len(boundary); n == 0 || n > 201 || boundary[n-1] == ' ' ||
		strings.ContainsFunc(boundary, func(r rune) bool { return r < ' ' || r > '~' }) {
		return refuse("Invalid boundary in multipart: %s", boundary)
	}
	return boundary, nil
}

type multipartParser struct {
	form    *Form
	files   []*File // those that are known to be whole
	pending *File   // one that is whole if anything follows
	charset *codecs.Codec
	rules   Rules
	fields  int // parts that are no files, named or not
	opened  int // files begun
	size    int // bytes of fields and names, as Django counts them
}

// part takes in one part: what stands before, between or after the separators.
func (p *multipartParser) part(content []byte) error {
	if p.pending != nil {
		p.files = append(p.files, p.pending)
		p.pending = nil
	}
	header, content, err := p.split(content)
	if err != nil {
		return err
	}
	if !header.isFile {
		// What stands before the first and after the last separator counts as a field too.
		if p.fields++; p.fields > MaxFields+2 {
			return ErrTooManyFields
		}
	}
	if !header.hasName {
		return nil
	}
	if header.isFile {
		return p.file(header, content)
	}
	p.size += len(content)
	if header.base64 {
		if decoded, ok := decodeBase64(content); ok {
			content = decoded
		}
	}
	// Two more bytes for what "&" and "=" are in a URL-encoded form.
	if p.size += CodePoints(header.name) + 2; p.size > MaxBodySize {
		return ErrBodyTooLarge
	}
	p.form.add(header.name, Field{Text: p.charset.DecodeReplacing(content)})
	return nil
}

func (p *multipartParser) file(header partHeader, content []byte) error {
	if p.opened++; p.opened > maxFiles {
		return ErrTooManyFiles
	}
	name := p.fileName(header.fileName)
	if name == "" {
		return nil
	}
	if header.base64 {
		var ok bool
		if content, ok = decodeBase64File(content, p.rules); !ok {
			return &ParseError{"Multipart form parse error - Could not decode base64 data."}
		}
	}
	if header.name != "" {
		p.pending = &File{Name: header.name, FileName: name, ContentType: header.contentType, Content: content}
	}
	return nil
}

// fileName takes the folders off a file's name; "" says that nothing is left.
func (p *multipartParser) fileName(name string) string {
	name = html.UnescapeString(name)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if p.rules.StrictParts {
		name = strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return -1
		}, name)
	}
	if name == "." || name == ".." {
		return ""
	}
	return name
}
