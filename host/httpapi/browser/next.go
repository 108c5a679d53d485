package browser

import (
	"slices"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// LastText is the last text of a form with this name; files do not count.
func LastText(form *django.Form, name string) (text string, ok bool) {
	for _, field := range form.List(name) {
		if field.File == nil {
			text, ok = field.Text, true
		}
	}
	return text, ok
}

// Next is where a page is asked to lead to after it, by "next" in the form, else in the query (Django's
// RedirectURLMixin): "" where it is not safe to go there, which own and rules decide; given reports whether it was
// asked at all.
func Next(form, query *django.Form, own csrf.Site, rules django.Rules) (url string, given bool) {
	if url, given = LastText(form, "next"); !given {
		url, given = LastText(query, "next")
	}
	if !given || !django.SafeURL(url, own.Host, own.Scheme == "https", rules) {
		return "", given
	}
	return url, true
}

// CanRedirect reports whether Django redirects to a URL that SafeURL took (HttpResponseRedirect). What Django 3.2 finds
// safe may have a tab or a line end in its scheme, which browsers leave out, so the scheme is checked again.
func CanRedirect(url string) bool {
	u, err := django.SplitURL(url)
	return err == nil && slices.Contains([]string{"", "http", "https", "ftp"}, u.Scheme)
}
