package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// profile shows who is logged in, and where, or leads to the log-in. Its forms end log-ins and change the password. For
// a program it is 404, as in the reference.
func (h *handler) profile(rq *request) answer {
	var field func(string) string
	switch {
	case !rq.namesHTML():
		return h.compat.page(http.StatusNotFound).since(unknownPath)
	case rq.method == http.MethodPost:
		var refused *answer
		field, refused = rq.postedForm("end", "everywhere", "old_password", "new_password1", "new_password2")
		if refused != nil {
			return *refused
		}
	case !rq.isRead():
		return onlyMethods(http.MethodGet, http.MethodPost, http.MethodHead)
	}
	c, err := rq.visitor()
	switch {
	case err != nil:
		return rq.pageFailed(err)
	case c.ID.IsZero():
		return goTo(pages.LoginPath + "?next=" + url.QueryEscape(pages.ProfilePath))
	}
	rq.who.customer = c
	switch {
	case field == nil:
		return rq.showProfile(http.StatusOK, pages.ProfileData{})
	case field("end") != "":
		return rq.endOnPage(field("end"))
	case field("everywhere") != "":
		return rq.endAllOnPage()
	}
	return rq.passwordOnPage(field("old_password"), field("new_password1"), field("new_password2"))
}

// showProfile makes the page of the customer who asks. d has what was done and what is wrong with a form.
func (rq *request) showProfile(status int, d pages.ProfileData) answer {
	c := rq.who.customer
	d.Name = strings.TrimSpace(c.FirstName + " " + c.LastName)
	add := func(name, value string) {
		if value != "" {
			d.Details = append(d.Details, pages.Named{Name: name, Value: value})
		}
	}
	add("Customer", c.ID.String())
	add("Email address", c.Email)
	add("Last log-in", day(c.LastLogin))
	add("Customer since", day(c.DateJoined))
	add("Groups", strings.Join(c.Groups, ", "))
	if c.IsSuperuser {
		add("Rights", "all")
	} else if c.IsStaff {
		add("Rights", "staff")
	}
	if rq.node.ListsSessions() {
		var err error
		if d.Sessions, err = rq.shownSessions(); err != nil {
			return rq.pageFailed(err)
		}
	}
	if d.Password.Fields == nil {
		d.Password = pages.PasswordForm(nil, nil, nil)
	}
	d.Frame = rq.frame(pages.ProfilePath)
	return rq.htmlPage(status, func(w io.Writer) error { return pages.Profile(w, d) })
}

// shownSessions is a page of the list of log-ins. The rest of the page does without the list if it cannot be had now,
// as at an edge whose hub is away.
func (rq *request) shownSessions() (*pages.Sessions, error) {
	page, err := rq.sessions()
	switch {
	case errors.Is(err, errInvalidPage):
		return nil, err
	case err != nil && classify(err).status != http.StatusServiceUnavailable:
		return nil, err
	case err != nil, page.Refused():
		return &pages.Sessions{Unknown: true}, nil
	}
	shown := &pages.Sessions{Count: page.Count}
	for _, s := range page.List {
		shown.List = append(shown.List, pages.Session{
			ID: s.ID, Browser: s.Kind == node.BrowserSession, Current: s.Current, UserAgent: s.UserAgent,
			Address: s.Address, Created: day(s.Created), LastUsed: day(s.LastUsed),
		})
	}
	if page.number > 1 {
		shown.Previous = rq.pagePath(page.number - 1)
	}
	if page.number < page.last {
		shown.Next = rq.pagePath(page.number + 1)
	}
	return shown, nil
}

// endOnPage ends a log-in of the list.
func (rq *request) endOnPage(id string) answer {
	if err := rq.throttleSite(); err != nil {
		return rq.pageFailed(err)
	}
	ended, err := rq.node.EndListed(rq.Context(), rq.asker(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return rq.showProfile(http.StatusOK, pages.ProfileData{Done: "That log-in had ended already."})
	case err != nil:
		return rq.pageFailed(err)
	case ended.Current || ended.Refused():
		return rq.leaveAccount(pages.LoggedOutData{})
	}
	return rq.showProfile(http.StatusOK, pages.ProfileData{Done: "The log-in has ended."})
}

// endAllOnPage logs the customer out everywhere.
func (rq *request) endAllOnPage() answer {
	if err := rq.throttleSite(); err != nil {
		return rq.pageFailed(err)
	}
	if _, err := rq.node.EndLogins(rq.Context(), rq.who.customer.ID, ""); err != nil {
		return rq.pageFailed(err)
	}
	return rq.leaveAccount(pages.LoggedOutData{Everywhere: true})
}

// leaveAccount confirms a log-out, and has the browser forget it was logged in.
func (rq *request) leaveAccount(d pages.LoggedOutData) answer {
	if err := rq.forgetBrowser(); err != nil {
		return rq.pageFailed(err)
	}
	return rq.confirmLogOut(d)
}

// mismatch is the text of Django's SetPasswordForm.
const mismatch = "The two password fields didn’t match."

// passwordOnPage changes the password, or shows what is wrong.
func (rq *request) passwordOnPage(old, next, again string) answer {
	oldFaults, faults, againFaults := browser.FaultsOf(old), browser.FaultsOf(next), browser.FaultsOf(again)
	if faults == nil {
		faults = rq.h.cfg.passwords().Faults(next)
	}
	if againFaults == nil && next != again {
		againFaults = []string{mismatch}
	}
	if oldFaults != nil || faults != nil || againFaults != nil {
		return rq.showProfile(http.StatusOK, pages.ProfileData{
			Password: pages.PasswordForm(oldFaults, faults, againFaults),
		})
	}
	c := rq.who.customer
	if err := rq.throttleLogin(c.Email); err != nil {
		return rq.passwordFailed(err)
	}
	result, err := rq.replacePassword(c, old, next)
	switch {
	case err != nil:
		return rq.passwordFailed(err)
	case result.Refused():
		a := rq.showProfile(http.StatusOK, pages.ProfileData{
			Password: pages.PasswordForm([]string{wrongCurrent}, nil, nil),
		})
		a.cause, a.reason = cause.BadCredentials, whyNoLogin(c)
		a.code, _, _ = rq.node.Settings().Describe(a.cause)
		return a
	case !rq.renewSession(c, next):
		return goTo(pages.LoginPath + "?next=" + url.QueryEscape(pages.ProfilePath))
	}
	return rq.showProfile(http.StatusOK, pages.ProfileData{
		Done: "Your password was changed, and every other log-in of yours has ended.",
	})
}

// passwordFailed shows the form again for a change that could not be decided.
func (rq *request) passwordFailed(err error) answer {
	o := classify(err)
	notice := o.notUndertaken("change your password")
	if notice == "" {
		return rq.h.compat.failed(err)
	}
	return o.mark(rq.showProfile(o.status, pages.ProfileData{Notice: notice}))
}
