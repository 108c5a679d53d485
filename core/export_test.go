package core

// Forget has the reader read every header.
func (r *Reader) Forget() { r.headers = newHeaderCache(0) }

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
