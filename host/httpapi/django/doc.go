// Package django reads and writes HTTP's bytes as Python, Django and Django REST framework do, so that a client sees
// the same decisions, values and texts as from an API written with them.
//
// There are few types:
//   - Value is what a JSON document holds, as Python holds it (value.go); ParseJSON reads one
//     (json.go), Render writes one (render.go);
//   - Form is what a URL-encoded or multipart body holds (form.go, multipart.go);
//   - ParseHeader splits a header such as Content-Type into its value and its parameters (header.go);
//   - Validate checks either kind of body against required text fields (fields.go);
//   - Cookie and ParseCookies are the two directions of cookies (cookie.go), SplitURL and SafeURL
//     judge the URLs of redirects and origins (url.go).
//
// The one rule: no body that a client can send makes anything here panic, and each takes time and memory proportional
// to its length. The caller bounds that length.
//
// Text that may hold lone surrogates, as Python's str may, is carried in a Go string as WTF-8:
// valid UTF-8, but with a lone surrogate written as the three bytes that UTF-8 would give its code
// point ("\xed\xbf\xbf" for U+DFFF). A text holds nothing else that is not UTF-8. HasSurrogate finds one.
//
// Two behaviours of the reference are left out on purpose. Of Python's charsets only single-byte and Unicode ones are
// supported; the others (the East Asian ones, UTF-7, base64 and their kind) are refused with the text that Django REST
// framework 3.18 has for non-text codecs. And where the reference fails with a 500 page (too deep a document, a lone
// surrogate in an answer), there is an error here.
package django
