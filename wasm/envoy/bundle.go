//go:build wasip1

package main

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
)

// ask asks for the trust bundle, unless a request is under way.
func (p *plugin) ask() {
	b := p.poller
	if b.call != 0 {
		return
	}
	var err error
	if b.call, err = get(b.cluster, b.request(p.gateway.Trust().Epoch()), pollTimeout); err != nil {
		b.call = 0
		p.say(err)
	}
}

// take takes the answer, of which the body has so many bytes.
func (p *plugin) take(size uint32) {
	p.poller.call = 0
	if err := p.update(size); err != nil {
		p.say(err)
	}
	if period, changed := p.poller.next(p.gateway.Trust().Epoch()); changed {
		if err := setTick(period); err != nil {
			p.say(err)
		}
	}
}

// update updates the bundle by an answer.
func (p *plugin) update(size uint32) error {
	b := p.poller
	list, err := headers(callResponseHeaders, nil)
	if err != nil {
		return err
	}
	etag, fresh, err := b.answered(list, size)
	if err != nil || !fresh {
		return err
	}
	etag = string([]byte(etag)) // it outlives the callback
	text, err := buffer(callResponseBody, size)
	if err != nil {
		return err
	}
	defer runtime.GC() // else a collection that begins within a short call may never end
	switch c := p.gateway.Update(strings.TrimSpace(string(text))); c {
	case cause.OK:
		b.etag, b.whole = etag, false
		log(levelInfo, "edgetoken: trust bundle "+strconv.FormatUint(p.gateway.Trust().Epoch(), 10)+", good until "+
			time.Unix(p.gateway.Trust().NotAfter(), 0).UTC().Format(time.RFC3339))
		b.said = ""
		return nil
	case cause.BundleBase:
		b.whole = true
		return nil
	default:
		return errors.New("the trust bundle is refused: " + c.String())
	}
}

// say logs what is wrong, unless it is what the log says already.
func (p *plugin) say(err error) {
	if p.poller.news(err.Error()) {
		log(levelWarn, "edgetoken: "+err.Error())
	}
}
