// Package django reads and writes HTTP's bytes as Python, Django and Django REST framework do, so that a client sees
// the same decisions, values and texts as from an API written with them.
//
// There are few types:
//   - Value is what a JSON document holds, as Python holds it (value.go); ParseJSON reads one
//     (json.go), Render writes one (render.go);
//   - Form is what a URL-encoded or multipart body holds (form.go, multipart.go);
//   - ParseHeader splits a header such as Content-Type into its value and its parameters (header.go);
//   - Validate checks either kind of body against required text fields (fields.go);
//   - Cookie writes a cookie, and ParseCookies reads them (cookie.go);
//   - SplitURL and SafeURL judge the URLs of redirects and origins (url.go).
//
// The one rule: no body that a client can send makes anything here panic, and each takes time and memory proportional
// to its length. The caller bounds that length.
//
// A text may hold lone surrogates, as Python's str may. A Go string then holds it as WTF-8: UTF-8 with each lone
// surrogate written as the three bytes that UTF-8 would give its code point ("\xed\xbf\xbf" for U+DFFF). Nothing else
// in a text departs from UTF-8. hasSurrogate tells whether there is one.
//
// Two behaviours differ from the reference on purpose. Of Python's charsets the package supports only single-byte and
// Unicode ones. It refuses the others (East Asian ones, UTF-7, base64 and their kind) with the text that Django REST
// framework 3.18 has for non-text codecs. And if the reference fails with a 500 page (a document too deep, a lone
// surrogate in an answer), a function here returns an error.
package django
