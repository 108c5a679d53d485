package guest

import "github.com/edgetoken/edgetoken/core/abi"

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
	i := abi.Inspected{Epoch: g.config.Set.Epoch, Inspected: g.reader.Inspect(g.input[:size])}
	i.Put((*[abi.InspectedBytes]byte)(g.output[:]))
	return abi.StatusOK
}

// Accept answers with an abi.Opened without a family, once the host has found the signature good. It is legal only as
// the next call after an Inspect that found a key.
func (g *Guest) Accept() abi.Status {
	if g.config == nil {
		return abi.StatusNotConfigured
	}
	o, ok := g.reader.Accept()
	if !ok {
		return abi.StatusOutOfOrder
	}
	abi.PutOpened((*[abi.OpenedBytes]byte)(g.output[:]), o)
	return abi.StatusOK
}

// Open reads a token, has check look at its signature, and answers with an abi.Opened.
func (g *Guest) Open(size uint32, check func(key int, input, signature []byte) (bool, error)) abi.Status {
	return g.call(size, func(token []byte) abi.Status {
		if g.config == nil {
			return abi.StatusNotConfigured
		}
		o, err := g.reader.Open(token, check)
		if err != nil {
			return abi.StatusFailed
		}
		abi.PutOpened((*[abi.OpenedBytes]byte)(g.output[:]), o)
		return abi.StatusOK
	})
}
