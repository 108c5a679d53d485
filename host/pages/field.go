package pages

// Field is a field of a form.
type Field struct {
	ID    string // of the input; unique in the page
	Name  string
	Label string
	// Type is text, email, password, number, checkbox …, or textarea.
	Type         string
	Autocomplete string
	InputMode    string // which keyboard a phone shows; "": that of the type
	Value        string
	Help         string // what to enter; may be empty
	Required     bool
	Errors       []string
	Wrong        bool // the summary has an error that concerns this field too
	Focus        bool // the page opens with this field focused
}

// Invalid reports whether the field is a reason for the refusal.
func (f Field) Invalid() bool { return f.Wrong || len(f.Errors) > 0 }

// DescribedBy lists the ids of what describes the field: its help, its errors, the summary.
func (f Field) DescribedBy() string {
	ids := ""
	add := func(id string) {
		if ids != "" {
			ids += " "
		}
		ids += id
	}
	if f.Help != "" {
		add(f.ID + "_help")
	}
	if len(f.Errors) > 0 {
		add(f.ID + "_error")
	}
	if f.Wrong {
		add("summary")
	}
	return ids
}
