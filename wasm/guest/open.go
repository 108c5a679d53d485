package guest

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
)

// Inspect reads a token and answers with an abi.Inspected. It and Accept come with every token, so neither catches a
// panic, which has its price: a panic in them ends the guest (by proc_exit, as Go ends on wasip1), and the host sees
// the call fail.
func (g *Guest) Inspect(size uint32) abi.Status {
	switch {
	case g.config == nil:
		return abi.StatusNotConfigured
	case size > abi.InputBytes:
		return abi.StatusBadMessage
	}
	g.nonce++
	g.accepted = nil
	i := abi.Inspected{Epoch: g.config.Set.Epoch, Nonce: g.nonce, Inspected: g.reader.Inspect(g.input[:size])}
	i.Put((*[abi.InspectedBytes]byte)(g.output[:]))
	return abi.StatusOK
}

// Accept takes the nonce of a token whose signature the host has found good, and answers with an abi.Opened without a
// family. It is legal once, for the latest Inspect, if that found a key: a host that inspects another token while it
// waits for a check can never accept that one in place of the first. An instance counts its nonces from a random one,
// so that those of an instance that took the place of another mean nothing either.
func (g *Guest) Accept(size uint32) abi.Status {
	switch {
	case g.config == nil:
		return abi.StatusNotConfigured
	case size > abi.InputBytes:
		return abi.StatusBadMessage
	}
	nonce, ok := abi.ReadNonce(g.input[:size])
	if !ok {
		return abi.StatusBadMessage
	}
	if nonce != g.nonce {
		return abi.StatusOutOfOrder
	}
	o, ok := g.reader.Accept()
	if !ok {
		return abi.StatusOutOfOrder
	}
	g.accepted = o
	abi.PutOpened((*[abi.OpenedBytes]byte)(g.output[:]), o)
	return abi.StatusOK
}

// Read reads claims that the host has put into the claims area, of a token whose header it has seen in another that was
// accepted, and whose signature by a key it has found good. It answers as Accept does. It comes with every token, so it
// catches no panic either.
func (g *Guest) Read(key, size uint32) abi.Status {
	if g.config == nil {
		return abi.StatusNotConfigured
	}
	g.nonce++ // what was inspected before can no longer be accepted
	g.accepted = nil
	o, ok := g.reader.Claims(int(key), int(size)) // which checks both
	if !ok {
		return abi.StatusBadMessage
	}
	abi.PutOpened((*[abi.OpenedBytes]byte)(g.output[:]), o)
	return abi.StatusOK
}

// Judge answers an abi.Judging about the accepted token with a cause. By a clock that was never set nothing is judged.
func (g *Guest) Judge(size uint32) abi.Status {
	return g.call(size, func(message []byte) abi.Status {
		if g.config == nil {
			return abi.StatusNotConfigured
		}
		j, ok := abi.ReadJudging(message)
		switch {
		case !ok:
			return abi.StatusBadMessage
		case g.accepted == nil || j.Nonce != g.nonce:
			return abi.StatusOutOfOrder
		}
		c := cause.BadClock
		if core.Plausible(j.Now) {
			c = core.Judge(&g.config.Settings, g.accepted, core.State{}, []core.TokenType{j.Type}, j.Required, j.Now)
		}
		abi.AppendJudged(g.output[:0], c)
		return abi.StatusOK
	})
}

// Open reads a token, has check look at its signature, and answers with an abi.Opened.
func (g *Guest) Open(size uint32, check func(key int, input, signature []byte) (bool, error)) abi.Status {
	return g.call(size, func(token []byte) abi.Status {
		if g.config == nil {
			return abi.StatusNotConfigured
		}
		g.accepted = nil
		o, err := g.reader.Open(token, check)
		if err != nil {
			return abi.StatusFailed
		}
		o.ReadFamily() // for hosts that cannot
		abi.PutOpened((*[abi.OpenedBytes]byte)(g.output[:]), o)
		return abi.StatusOK
	})
}
