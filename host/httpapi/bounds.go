package httpapi

import (
	"github.com/edgetoken/edgetoken/host/httpapi/body"
	"github.com/edgetoken/edgetoken/host/server"
)

// Bounds are what handlers share that replace one another, so that requests which end under an old one and those of
// the new one take no more memory together than those of one.
type Bounds struct {
	memory *server.Memory
	lists  chan struct{} // the places for long lists
}

// NewBounds makes bounds with this Config.BodyMemory.
func NewBounds(bodyMemory int64) *Bounds {
	return &Bounds{server.NewMemory(bodyMemory, body.LargeAtOnce), make(chan struct{}, listsAtOnce)}
}

// Resize makes bodyMemory the Config.BodyMemory of all handlers with these bounds. Requests that hold more by then keep
// it, until others need room.
func (b *Bounds) Resize(bodyMemory int64) { b.memory.Resize(bodyMemory) }
