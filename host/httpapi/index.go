package httpapi

import (
	"io"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/host/pages"
)

// index is the start page: the endpoints in groups, and first commands for a newcomer.
func (h *handler) index(rq *request) answer {
	if !rq.isRead() {
		return onlyMethods(http.MethodGet, http.MethodHead)
	}
	d := pages.IndexData{Frame: rq.frame(pages.IndexPath)}
	tokens := pages.Group{
		Name: "Tokens",
		Text: "Begin here: log in for an access and a refresh token, then show the access token with each request.",
	}
	customers := pages.Group{
		Name: "Customers",
		Text: "They take an access token, or the session of a browser in which somebody has logged in.",
	}
	browser := pages.Group{
		Name: "In a browser", Text: "Log in here to use the customers’ endpoints with your browser’s session.",
		Links: []pages.Link{
			{Text: "Log in", URL: pages.LoginPath},
			{Text: "Explain a token", URL: pages.ExplainPath},
			{Text: "OpenAPI description", URL: pages.OpenAPIPath},
		},
	}
	if d.Customer != "" {
		browser.Text = "You are logged in: your browser’s session counts at the customers’ endpoints."
		browser.Links[0] = pages.Link{Text: "Your account", URL: pages.ProfilePath}
	}
	if c, err := rq.sessionCustomer(); err == nil && c.IsStaff {
		browser.Links = append(browser.Links, pages.Link{Text: "Keys of this node", URL: pages.KeysPath})
		if h.cfg.Fleet != nil {
			browser.Links = append(browser.Links, pages.Link{Text: "Fleet of this node", URL: pages.FleetPath})
		}
	}
	if h.cfg.TokenCookies.On {
		tokens.Text = "Log in here. A web application has its tokens in cookies, " +
			"and sends the CSRF token of " + csrfPath + " with each request that changes something."
	} else {
		tokens.Commands = rq.firstCommands()
	}
	for _, v := range h.order {
		group := &customers
		if strings.HasPrefix(v.path, tokenPaths) {
			group = &tokens
		}
		e := pages.Endpoint{Path: v.path, Name: v.name, Summary: v.shown, Methods: v.methods, Link: v.path}
		if strings.HasSuffix(v.path, idPart) {
			e.Link = ""
		}
		group.Endpoints = append(group.Endpoints, e)
	}
	d.Groups = []pages.Group{tokens, customers, browser}
	return rq.htmlPage(http.StatusOK, func(w io.Writer) error { return pages.Index(w, d) })
}

// firstCommands log in and use the token, with curl, at the address of this page.
func (rq *request) firstCommands() []pages.Named {
	node := rq.site().Origin()
	header := rq.h.authHeader + ": " + rq.node.Settings().AuthHeaderTypes[0]
	return []pages.Named{
		{Name: "Log in by curl:", Value: "curl -s " + node + tokenPaths +
			` -H 'Content-Type: application/json' -d '{"email":"ADDRESS","password":"PASSWORD"}'`},
		{Name: "Use the access token of the answer:", Value: "curl -s " + node + mePath + " -H '" + header +
			" ACCESS'"},
	}
}
