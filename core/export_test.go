package core

// Forget empties the header cache, so the reader decodes every header anew.
func (r *Reader) Forget() { r.headers = newHeaderCache(0) }

// AppendBase64 encodes the parts of tokens.
var AppendBase64 = appendBase64

// ID writes a token id and reads the family back from it.
func (f Family) ID(kind uint8, sequence uint32) (id []byte, read Family, ok bool) {
	id = f.appendTokenID(nil, kind, sequence)
	read, ok = readTokenID(id)
	return id, read, ok
}

// Copied returns the claims that a token takes over from the one of which it is made, copied the quick way and the
// slow way; ok is false if the quick way cannot copy these claims.
func (w *Writer) Copied(req *Request) (quick, slow []byte, ok bool) {
	if _, err := w.Prepare(req); err != nil {
		return nil, nil, false
	}
	set := &w.fixed.copied
	if req.Op == SlidingRefresh {
		set = &w.fixed.slid
	}
	fresh := func() { w.takeOver(set) }
	fresh()
	quick, ok = w.copiedQuickly(nil, req.Opened.Claims)
	quick = w.configured(quick)
	fresh()
	return quick, w.configured(w.copiedSlowly(nil, req.Opened.Claims)), ok
}

// Remembers reports whether the cache has the header of the token.
func (r *Reader) Remembers(token []byte) bool {
	_, end := r.headers.find(token)
	return end > 0
}
