package httpapi

import "net/http"

// plainPages are Django's plain pages for what no view answers (django/views/defaults.py), by status: title and text.
var plainPages = map[int][2]string{
	http.StatusBadRequest:          {"Bad Request (400)", ""},
	http.StatusNotFound:            {"Not Found", "The requested resource was not found on this server."},
	http.StatusInternalServerError: {"Server Error (500)", ""},
}

// page is the plain page for a status of the table.
func page(status int) string {
	title, text := plainPages[status][0], plainPages[status][1]
	return "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>" + title + "</title>\n</head>\n<body>\n" +
		"  <h1>" + title + "</h1><p>" + text + "</p>\n</body>\n</html>\n"
}

// page is one of Django's plain pages.
func (c compat) page(status int) answer {
	return answer{status: status, body: []byte(page(status)), header: http.Header{"Content-Type": {c.pageType}}, plain: true}
}

// failed is the answer to a failure of our own: its error is for the log.
func (c compat) failed(err error) answer {
	a := c.page(http.StatusInternalServerError)
	a.err = err
	return a
}
