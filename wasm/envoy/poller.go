package main

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// poller says when and how to ask for the trust bundle. Each instance asks for itself: workers share nothing, none
// waits for another, and an answer 304 is small.
type poller struct {
	cluster                 string
	scheme, authority, path string
	period                  uint32 // milliseconds: of this instance, so that not all ask at once

	ticks uint32 // the period that Envoy ticks by now
	call  uint32 // the request under way; 0: none
	etag  string // of the bundle that is in use
	whole bool   // a delta did not fit
	said  string // what the log says already
}

const (
	// firstPoll is how many milliseconds after its start an instance first asks. Envoy takes no requests from a filter
	// that is being configured.
	firstPoll = 50
	// unknownPoll is the longest period, in milliseconds, until there is a first bundle.
	unknownPoll = 2000
	// pollTimeout bounds one request, in milliseconds.
	pollTimeout = 5000
)

func newPoller(source gateway.Source) (*poller, error) {
	scheme, rest, ok := strings.Cut(source.URL, "://")
	authority, path, _ := strings.Cut(rest, "/")
	switch {
	case !ok || scheme != "http" && scheme != "https" || authority == "":
		return nil, errors.New("bundle.url: it must be http://HOST/PATH or https://HOST/PATH")
	case strings.ContainsAny(path, "?#"):
		return nil, errors.New("bundle.url: it must have neither ? nor #")
	case source.Cluster == "":
		return nil, errors.New("bundle.cluster: it is missing; name the cluster of Envoy that serves the url")
	}
	period := 1000 * uint32(source.Poll)
	return &poller{
		cluster: source.Cluster, scheme: scheme, authority: authority, path: "/" + path,
		period: period - rand.Uint32N(period/10), ticks: firstPoll,
	}, nil
}

// next is the period to tick by from now on, by the epoch of the bundle in use; 0: there is none.
func (p *poller) next(epoch uint64) (period uint32, changed bool) {
	period = p.period
	if epoch == 0 {
		period = min(period, unknownPoll)
	}
	changed = period != p.ticks
	p.ticks = period
	return period, changed
}

// request is the next request, by the epoch of the bundle in use; 0: there is none.
func (p *poller) request(epoch uint64) []pair {
	path := p.path
	if epoch != 0 && !p.whole {
		path += "?since=" + strconv.FormatUint(epoch, 10)
	}
	list := []pair{{":method", "GET"}, {":scheme", p.scheme}, {":authority", p.authority}, {":path", path}}
	if p.etag != "" && !p.whole {
		list = append(list, pair{"if-none-match", p.etag})
	}
	return list
}

// answered looks at the headers of an answer. fresh says that its body is a bundle; an error, what is wrong.
func (p *poller) answered(list []pair, size uint32) (etag string, fresh bool, err error) {
	code := ""
	for _, h := range list {
		switch h.name {
		case ":status":
			code = h.value
		case "etag":
			etag = h.value
		}
	}
	switch {
	case code == "304":
		return "", false, nil
	case code == "":
		return "", false, errors.New("the cluster " + p.cluster + " did not answer")
	case code == "404":
		return "", false, errors.New("the cluster " + p.cluster + " answered with status 404: " +
			"does it have bundle.publish, and a key pair?")
	case code != "200":
		return "", false, errors.New("the cluster " + p.cluster + " answered with status " + code)
	case size > bundle.MaxBytes:
		return "", false, errors.New("the bundle is longer than any")
	}
	return etag, true, nil
}

// news reports whether a line for the log says anything new.
func (p *poller) news(line string) bool {
	if p.said == line {
		return false
	}
	p.said = line
	return true
}
