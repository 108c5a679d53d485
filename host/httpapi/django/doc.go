// Package django reads and writes bytes as Python, Django and Django REST framework do, so that
// clients of an API written with them see the same verdicts, values and texts from this one.
//
// There are few types:
//   - Value is what a JSON document holds, as Python holds it (value.go); ParseJSON reads one
//     (json.go), Render writes one (render.go);
//   - Form is what a URL-encoded or multipart body holds (form.go, multipart.go);
//   - Charset is one of Python's codecs (charset.go), and ParseHeader splits a header such as
//     Content-Type into its value and its parameters (header.go);
//   - Validate checks either kind of body against required text fields (fields.go).
//
// text.go has what Python does with text: strip, int, split, repr.
//
// The one rule: a body that a client can send never makes anything here panic, and takes time and
// memory proportional to its length. How long a body may be is for the caller to say.
//
// Text that may hold lone surrogates, as Python's str may, is carried in a Go string as WTF-8:
// valid UTF-8, but with a lone surrogate written as the three bytes that UTF-8 would give its code
// point ("\xed\xbf\xbf" for U+DFFF). Nothing else that is not UTF-8 occurs in a text. HasSurrogate tells.
//
// Two behaviours of the reference are left out on purpose. Charsets that are known to Python but
// are no single-byte or Unicode charset (the East Asian ones, UTF-7, base64 and their kind) are
// refused with the text that Django REST framework 3.18 has for non-text codecs. And where the reference fails
// with a 500 page (too deep a document, a lone surrogate in an answer), there is an error here.
package django
