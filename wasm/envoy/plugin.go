//go:build wasip1

package main

import (
	"errors"

	"github.com/edgetoken/edgetoken/core/verify"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// plugin is the filter with one configuration.
type plugin struct {
	gateway *gateway.Gateway
	poller  *poller // nil: the bundle comes from nowhere

	unable string // why requests are answered 503 now; "": they are not

	// for one request
	headers []pair
	request gateway.Request
	strip   []string
}

// plugins are those of this instance, by their root context.
var plugins = map[uint32]*plugin{}

// noClaims stands in the filter state where no token was looked at: that it is there says that the filter has run.
var noClaims = []byte("{}")

// configure reads a configuration. The error is a mistake in it.
func configure(text []byte) (*plugin, error) {
	g, err := gateway.Read(text)
	if err != nil {
		return nil, err
	}
	p := &plugin{gateway: g}
	g.Help(checkNatively)
	source := g.Bundle()
	if source.File != "" {
		return nil, errors.New("bundle.file: Envoy gives filters no files; give a url and its cluster")
	}
	if source.URL != "" {
		p.poller, err = newPoller(source)
	}
	return p, err
}

// requestHeaders decides about a request; stop says that it does not go on to the service.
func (p *plugin) requestHeaders() (stop bool, err error) {
	if p.headers, err = headers(requestHeaders, p.headers[:0]); err != nil {
		return true, err
	}
	disturb(p.headers)
	p.sort()
	at, err := now()
	if err != nil {
		return true, err
	}
	a := p.gateway.Handle(&p.request, at)
	p.note(&a)
	if !a.Pass {
		return true, answerWith(&a)
	}
	mayPanic()
	for _, name := range p.strip {
		if err := removeHeader(name); err != nil {
			return true, err
		}
	}
	for _, h := range a.Headers {
		if err := setHeader(h.Name, h.Value); err != nil {
			return true, err
		}
	}
	claims := a.Claims
	if claims == nil {
		claims = noClaims
	}
	return false, setState("edgetoken", claims)
}

// answerWith answers the request as the gateway says.
func answerWith(a *gateway.Answer) error {
	list := make([]pair, len(a.Headers))
	for i, h := range a.Headers {
		list[i] = pair{h.Name, h.Value}
	}
	return respond(a.Status, list, a.Body)
}

// note logs that requests can't be judged, and that they can be again.
func (p *plugin) note(a *gateway.Answer) {
	switch {
	case a.Status == 503 && p.unable != a.Reason:
		p.unable = a.Reason
		log(levelWarn, "edgetoken: requests are answered 503: "+a.Reason)
	case a.Claims != nil && p.unable != "":
		p.unable = ""
		log(levelInfo, "edgetoken: tokens can be judged again")
	}
}

// sort finds among the headers what the gateway looks at, and what it strips.
func (p *plugin) sort() {
	r := &p.request
	*r = gateway.Request{Auth: r.Auth[:0], Connection: r.Connection[:0], Cookies: r.Cookies[:0], Origins: r.Origins[:0]}
	p.strip = p.strip[:0]
	for _, h := range p.headers {
		switch h.name {
		case ":path":
			r.Target = h.value
		case ":authority":
			r.Host = h.value
		case p.gateway.AuthHeader():
			r.Auth = append(r.Auth, h.value)
		case "connection":
			r.Connection = append(r.Connection, h.value)
		case "cookie":
			r.Cookies = append(r.Cookies, h.value)
		case "origin":
			r.Origins = append(r.Origins, h.value)
		default:
			if p.gateway.Strips(h.name) {
				p.strip = append(p.strip, h.name)
			}
		}
	}
}

// checkNatively has Envoy check a signature.
func checkNatively(k *verify.Key, input, signature []byte) (good, handled bool) {
	mayPanic()
	n, ok := natives[k.Algorithm]
	if !ok {
		return false, false
	}
	key, der := n.publicKey(k.Numbers()), n.signature(signature)
	if key == nil || der == nil {
		return false, false
	}
	room.reserve(maxAnswer)
	answer, err := foreign("verify_signature", n.question(key, der, input))
	if err != nil {
		return false, false
	}
	return readAnswer(answer)
}
