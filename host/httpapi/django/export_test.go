package django

// Names are the names of the fields in the order in which they came first.
func (f *Form) Names() []string { return f.names }
