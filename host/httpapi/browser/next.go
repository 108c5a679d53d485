package browser

import (
	"cmp"
	"net/url"
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

// Next is the "next" of the form, else of the query: where a page leads when it is done (Django's RedirectURLMixin).
// It is "" if a redirect there would leave the own site; given reports whether there is a "next" at all.
func Next(form, query *django.Form, own csrf.Site, rules django.Rules) (next string, given bool) {
	if next, given = LastText(form, "next"); !given {
		next, given = LastText(query, "next")
	}
	if !given || !django.SafeURL(next, own.Host, own.Scheme == "https", rules) {
		return "", given
	}
	return next, true
}

// LogoutTarget is where a log-out leads, as Django does it from 5.0 on (byPost) or before (LogoutView): u is the URL
// of the request, next and given are those of Next, and fallback is Config.LogoutRedirect. "" is the page that
// confirms it.
func LogoutTarget(u *url.URL, next string, given bool, fallback string, byPost bool) string {
	if !byPost {
		switch {
		case !given:
			return fallback
		case next == "":
			return u.Path
		}
		return next
	}
	here := u.Path
	if u.RawQuery != "" {
		here += "?" + django.URI(django.Latin1(u.RawQuery))
	}
	if target := cmp.Or(next, fallback, u.Path); target != here {
		return target
	}
	return ""
}

// CanRedirect reports whether Django redirects to a URL that SafeURL took (HttpResponseRedirect). What Django 3.2 finds
// safe may have a tab or a line end in its scheme, which browsers leave out, so the scheme is checked again.
func CanRedirect(target string) bool {
	u, err := django.SplitURL(target)
	return err == nil && slices.Contains([]string{"", "http", "https", "ftp"}, u.Scheme)
}
