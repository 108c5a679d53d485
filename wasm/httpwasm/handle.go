//go:build wasip1

package main

import (
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

var (
	// gate decides; nil: the configuration has a mistake.
	gate *gateway.Gateway
	// said is the reason that note gave last.
	said string
)

// start reads the configuration.
func start() {
	g, err := gateway.Read(config())
	if err != nil {
		logText(levelError, "edgetoken: "+err.Error())
		return
	}
	if g.Bundle().URL != "" {
		logText(levelError, "edgetoken: bundle.url: a plug-in of this host has no network; give a file")
		return
	}
	gate = g
}

// handle decides about a request and changes or answers it; its result is that of handleRequest.
func handle(now int64) uint64 {
	if gate == nil {
		refuseBug()
		return 0
	}
	refresh(now)
	a := decide(now)
	note(&a)
	if !a.Pass {
		refuse(&a)
		return 0
	}
	for _, name := range headerNames() {
		if gate.Strips(name) {
			strip(name)
		}
	}
	for _, h := range a.Headers {
		setHeader(ofRequest, h.Name, h.Value)
	}
	inject(3)
	return 1
}

// decide has the gateway decide about the request at hand.
func decide(now int64) gateway.Answer {
	rq := gateway.Request{Target: target(), Auth: header(gate.AuthHeader()), Connection: header("connection")}
	if gate.Cookie() != "" {
		rq.Cookies, rq.Origins = header("cookie"), header("origin")
		if host := header("host"); len(host) == 1 {
			rq.Host = host[0]
		}
	}
	inject(1)
	a := gate.Handle(&rq, now)
	inject(2)
	return a
}

// refuse answers in place of the service. The host sends the header with the status: what is set later is lost.
func refuse(a *gateway.Answer) {
	beginAnswer(a)
	inject(4)
	endAnswer(a)
}

func beginAnswer(a *gateway.Answer) {
	for _, h := range a.Headers {
		setHeader(ofResponse, h.Name, h.Value)
	}
}

func endAnswer(a *gateway.Answer) {
	setStatusCode(uint32(a.Status))
	answerBody(a.Body)
}

// refuseBug answers after a panic, or without a configuration. It uses nothing that may have panicked.
func refuseBug() {
	defer func() { _ = recover() }()
	a := gateway.Unavailable(cause.Failed)
	beginAnswer(&a)
	endAnswer(&a)
}

// note says in the log why tokens cannot be judged, once until one can.
func note(a *gateway.Answer) {
	switch {
	case a.Status == 503 && a.Reason != said:
		logText(levelWarn, "edgetoken: tokens cannot be judged: "+a.Reason)
		said = a.Reason
	case a.Claims != nil:
		said = ""
	}
}
