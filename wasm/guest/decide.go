package guest

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
)

// Prepare decides an abi.Request that writes tokens, and answers with an abi.Prepared, which the host signs.
func (g *Guest) Prepare(size uint32) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		if bad := g.read(message); bad != abi.StatusOK {
			return bad
		}
		if !g.request.Op.Writes() {
			return abi.StatusNotHere
		}
		p, err := g.prepare()
		if err != nil {
			return abi.StatusFailed
		}
		return g.framed(func(b []byte) []byte { return abi.AppendPrepared(b, p) })
	})
}

// Write writes the tokens of an abi.Draft, which the host signs. It comes with every token, so it catches no panic, as
// Inspect does not.
func (g *Guest) Write(size uint32) abi.Status {
	switch {
	case g.config == nil:
		return abi.StatusNotConfigured
	case size > abi.InputBytes || !abi.ReadDraft(g.input[:size], &g.draft):
		return abi.StatusBadMessage
	}
	room := g.output[abi.WrittenBytes:abi.WrittenBytes]
	all, inputs, err := g.writing().Write(room, &g.draft)
	switch {
	case err != nil:
		return abi.StatusFailed
	case cap(all) != cap(room): // it grew elsewhere, be it by the last word alone
		return abi.StatusTooLong
	}
	abi.PutWritten((*[abi.WrittenBytes]byte)(g.output[:]), inputs)
	return abi.StatusOK
}

// Decide decides any abi.Request, has sign sign what is written, and answers with an abi.Outcome.
func (g *Guest) Decide(size uint32, sign func(key int, input, entropy []byte) ([]byte, error)) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		if bad := g.read(message); bad != abi.StatusOK {
			return bad
		}
		if !g.request.Op.Writes() {
			return g.decided(core.Decide(&g.config.Settings, &g.request))
		}
		p, err := g.prepare()
		if err != nil {
			return abi.StatusFailed
		}
		o, err := p.Finish(func(input []byte) ([]byte, error) { return sign(p.Key, input, g.request.Entropy) })
		if err != nil {
			return abi.StatusFailed
		}
		return g.decided(o)
	})
}

// DecideReading is Decide for a guest that writes no tokens: it refuses to.
func (g *Guest) DecideReading(size uint32) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		if bad := g.read(message); bad != abi.StatusOK {
			return bad
		}
		if g.request.Op.Writes() {
			return abi.StatusNotHere
		}
		return g.decided(core.Decide(&g.config.Settings, &g.request))
	})
}

func (g *Guest) decided(o core.Outcome) abi.Status {
	return g.framed(func(b []byte) []byte { return abi.AppendOutcome(b, &o) })
}

// read reads the request.
func (g *Guest) read(message []byte) abi.Status {
	switch {
	case g.config == nil:
		return abi.StatusNotConfigured
	case !abi.ReadRequest(message, &g.request):
		return abi.StatusBadMessage
	}
	return abi.StatusOK
}

// writing is the writer, made when it is first needed.
func (g *Guest) writing() *core.Writer {
	if g.writer == nil {
		g.writer = core.NewWriter(&g.config.Settings, g.config.Set)
	}
	return g.writer
}

func (g *Guest) prepare() (*core.Prepared, error) {
	if !g.draws.Fresh(g.request.Entropy) {
		return nil, core.ErrEntropy
	}
	p, err := g.writing().Prepare(&g.request)
	if err == nil && len(p.Inputs) > 0 {
		g.draws.Keep(g.request.Entropy)
	}
	return p, err
}
