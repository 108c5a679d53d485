package django

import (
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// Body is the REST framework's request.data: a form if Form is not nil, else a JSON value. A missing body is an empty
// form for the content type of a form, and an empty object for any other.
type Body struct {
	Form *Form
	JSON Value
}

// Value returns the body as the REST framework shows it in JSON. The error is ErrFileNotText.
func (b Body) Value() (Value, error) {
	if b.Form != nil {
		return b.Form.Value()
	}
	return b.JSON, nil
}

// CharField is a field of a serializer, as the REST framework has it.
type CharField struct {
	Name string
	// Whole: white space around its text is a part of it (trim_whitespace=False).
	Whole bool
}

// Validate checks a body as a serializer of the REST framework does that has these CharFields in this order, all of
// them required. If all are good, ok is true and texts holds their values in the order of fields. Else errors is the
// body of a 400 answer:
//
//	{"email":["This field is required."],"password":["This field may not be blank."]}
//	{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}
func Validate(body Body, fields ...CharField) (texts []string, errors Value, ok bool) {
	if body.Form == nil && body.JSON.kind != KindObject {
		message := fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", body.JSON.TypeName())
		if body.JSON.kind == KindNull {
			message = "No data provided"
		}
		return nil, Object(Texts("non_field_errors", message)), false
	}
	var refused []Member
	for _, f := range fields {
		text, messages := body.text(f)
		texts = append(texts, text)
		if messages != nil {
			refused = append(refused, Texts(f.Name, messages...))
		}
	}
	if refused != nil {
		return nil, Object(refused...), false
	}
	return texts, Value{}, true
}

// Required is the REST framework's text for a field that is not there, and that of Django's forms.
const Required = "This field is required."

const (
	null      = "This field may not be null."
	blank     = "This field may not be blank."
	invalid   = "Not a valid string."
	nul       = "Null characters are not allowed."
	surrogate = "Surrogate characters are not allowed: U+%X."
)

// text reads one field. It takes numbers as Python writes them, but not true and false.
func (b Body) text(f CharField) (text string, messages []string) {
	value, found := b.JSON.Get(f.Name)
	if b.Form != nil {
		var field Field
		field, found = b.Form.Get(f.Name)
		if field.File != nil {
			// Python's text of a file is its name, and it checks for blanks first.
			if python.Strip(field.File.FileName) == "" {
				return "", []string{blank}
			}
			return "", []string{invalid}
		}
		value = String(field.Text)
	}
	if !found {
		return "", []string{Required}
	}
	switch value.kind {
	case KindNull:
		return "", []string{null}
	case KindBool, KindList, KindObject:
		return "", []string{invalid}
	}
	text, _ = value.Str()
	if !f.Whole {
		text = python.Strip(text)
	}
	if text == "" {
		return "", []string{blank}
	}
	if strings.Contains(text, "\x00") {
		messages = append(messages, nul)
	}
	if r, found := hasSurrogate(text); found {
		messages = append(messages, fmt.Sprintf(surrogate, r))
	}
	return text, messages
}
