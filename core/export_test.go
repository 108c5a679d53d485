package core

// Forget has the reader read every header.
func (r *Reader) Forget() { r.headers = newHeaderCache(0) }

// AcceptSlowly is Accept by the scanner alone.
func (r *Reader) AcceptSlowly() *Opened {
	r.opened = Opened{Key: r.token.Key, Issuer: r.keys.Keys[r.token.Key].Issuer}
	r.slow()
	return &r.opened
}

// Quick reports whether the claims of the token that was inspected are read without the scanner's help at the
// outermost level.
func (r *Reader) Quick() bool {
	r.opened = Opened{}
	return r.quick()
}

// Members are the claims of the token that was inspected, as the scanner comes to them: names without escapes, values
// as they stand.
func (r *Reader) Members() (members [][2]string) {
	for more := r.scan.beginHeld(r.buffer, len(r.decoded), MaxNames); more; more = r.scan.next() {
		m := &r.scan.member
		value := m.value
		if value.Form == String {
			value.Start, value.End = value.Start-1, value.End+1
		}
		members = append(members, [2]string{string(m.name), string(r.decoded[value.Start:value.End])})
	}
	return members
}

// AppendBase64 is how tokens are encoded.
var AppendBase64 = appendBase64

// ID is the text of a token id, and the family that is read from it.
func (f Family) ID(kind TokenKind, sequence uint32) (id []byte, read Family, ok bool) {
	id = f.appendTokenID(nil, kind, sequence)
	read, ok = readTokenID(id)
	return id, read, ok
}

// Copied are the claims that an access token takes over, in both ways; ok is false where the quick one is none for
// them.
func (w *Writer) Copied(req *Request) (quick, slow []byte, ok bool) {
	if _, err := w.Prepare(req); err != nil {
		return nil, nil, false
	}
	fresh := func() {
		for i := range w.own {
			w.own[i].used = false
		}
	}
	fresh()
	quick, ok = w.copiedQuickly(nil, req.Opened.Claims)
	quick = w.configured(quick)
	fresh()
	return quick, w.configured(w.copiedSlowly(nil, req.Opened.Claims)), ok
}

// Remembers reports whether the header of the token need not be read.
func (r *Reader) Remembers(token []byte) bool {
	_, end := r.headers.find(token)
	return end > 0
}
