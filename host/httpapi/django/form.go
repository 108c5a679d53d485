package django

import (
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django/codecs"
)

const (
	// MaxFields is Django's DATA_UPLOAD_MAX_NUMBER_FIELDS: how many fields a form may have.
	MaxFields = 1000
	// maxFiles is Django's DATA_UPLOAD_MAX_NUMBER_FILES: how many files a multipart form may have.
	maxFiles = 100
	// MaxBodySize is Django's DATA_UPLOAD_MAX_MEMORY_SIZE, in bytes: how long a multipart form may be without its
	// files, and any other body in REST framework 3.18 but not in 3.14. The error of a longer one is ErrBodyTooLarge.
	MaxBodySize = 2621440
)

// Form is Django's QueryDict: the fields of a form, in the order in which their names came first. The zero value is
// empty. A Form is read-only.
type Form struct {
	names  []string
	fields map[string][]Field
}

// Field is one entry of a form: a text, or a file if File is not nil.
type Field struct {
	Text string
	File *File
}

// File is an uploaded file.
type File struct {
	Name        string // the name of the field
	FileName    string // as sent, but without folders; may still be hostile
	ContentType string // as sent, in lower case, without parameters
	Content     []byte
}

// ParseForm reads a URL-encoded body as Django's QueryDict does: fields are separated by "&" only, "+"
// is a space, a broken percent escape stands for itself, bytes that the charset cannot read
// become U+FFFD. charset is the charset parameter of Content-Type, "" if there is none. The
// error is ErrTooManyFields, or a *ParseError for a charset that is not read here.
func ParseForm(body []byte, charset string) (*Form, error) {
	c, err := lookupCharset(charset)
	if err != nil {
		return nil, err
	}
	text, err := c.Decode(body)
	if err != nil {
		// Some clients send raw bytes; Django reads each as a character.
		text, _ = codecs.Latin1.Decode(body)
	}
	if strings.Count(text, "&") >= MaxFields {
		return nil, ErrTooManyFields
	}
	form := &Form{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		form.add(unquotePlus(name, c), Field{Text: unquotePlus(value, c)})
	}
	return form, nil
}

func (f *Form) add(name string, field Field) {
	if f.fields == nil {
		f.fields = map[string][]Field{}
	}
	if _, ok := f.fields[name]; !ok {
		f.names = append(f.names, name)
	}
	f.fields[name] = append(f.fields[name], field)
}

// Len is the number of fields.
func (f *Form) Len() int {
	n := 0
	for _, list := range f.fields {
		n += len(list)
	}
	return n
}

// Names are the names of the fields in the order in which they came first.
func (f *Form) Names() []string { return f.names }

// Get returns the last field of that name.
func (f *Form) Get(name string) (field Field, ok bool) {
	list := f.fields[name]
	if len(list) == 0 {
		return Field{}, false
	}
	return list[len(list)-1], true
}

// List returns all fields of that name in order, files after texts.
func (f *Form) List(name string) []Field { return f.fields[name] }

// Value returns the form as the REST framework shows request.data in JSON: the last value of each
// name, a file as the list of its lines. The error is ErrFileNotText.
//
//	{"email":"ana@example.com","notes":["first line\n","second line"]}
func (f *Form) Value() (Value, error) {
	members := make([]Member, 0, len(f.names))
	for _, name := range f.names {
		field, _ := f.Get(name)
		if field.File == nil {
			members = append(members, Text(name, field.Text))
			continue
		}
		lines, err := field.File.lines()
		if err != nil {
			return Value{}, err
		}
		members = append(members, Pair(name, List(lines...)))
	}
	return Object(members...), nil
}

// lines splits a file after each line feed, carriage return, or both.
func (f *File) lines() ([]Value, error) {
	text, err := codecs.UTF8.Decode(f.Content)
	if err != nil {
		return nil, ErrFileNotText
	}
	lines := make([]Value, 0, strings.Count(text, "\n")+strings.Count(text, "\r")+1)
	start := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c == '\n' || c == '\r' && !strings.HasPrefix(text[i+1:], "\n") {
			lines = append(lines, String(text[start:i+1]))
			start = i + 1
		}
	}
	if start < len(text) {
		lines = append(lines, String(text[start:]))
	}
	return lines, nil
}

// unquotePlus is Python's urllib.parse.unquote_plus: "+" becomes a space, and each run of ASCII in a text with a
// percent sign is unescaped and decoded by itself.
func unquotePlus(s string, c *codecs.Codec) string {
	s = strings.ReplaceAll(s, "+", " ")
	if !strings.Contains(s, "%") {
		return s
	}
	return unquote(s, c)
}

// unquote is Python's urllib.parse.unquote with errors replaced.
func unquote(s string, c *codecs.Codec) string {
	var out strings.Builder
	for s != "" {
		ascii := 0
		for ascii < len(s) && s[ascii] < 0x80 {
			ascii++
		}
		out.WriteString(c.DecodeReplacing(unescape(s[:ascii])))
		s = s[ascii:]
		other := 0
		for other < len(s) && s[other] >= 0x80 {
			other++
		}
		out.WriteString(s[:other])
		s = s[other:]
	}
	return out.String()
}

// unescape resolves percent escapes; broken ones stay as they are.
func unescape(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, ok1 := hexDigit(s[i+1])
			low, ok2 := hexDigit(s[i+2])
			if ok1 && ok2 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
