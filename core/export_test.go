package core

// Forget has the reader read every header.
func (r *Reader) Forget() { r.heads = heads{} }

// AcceptSlowly is Accept by the scanner alone.
func (r *Reader) AcceptSlowly() *Opened {
	r.opened = Opened{Key: r.token.Key, Issuer: r.keys.Keys[r.token.Key].Issuer}
	r.slow()
	return &r.opened
}

// Quick reports whether the claims of the token that was inspected are read without the scanner's help at the outermost level.
func (r *Reader) Quick() bool {
	r.opened = Opened{}
	return r.quick()
}
