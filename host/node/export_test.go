package node

import "context"

// Hashers is hashers, whose bounds only show where work can be held up.
type Hashers struct{ h *hashers }

func NewHashers(atOnce, queue int) Hashers                  { return Hashers{newHashers(atOnce, queue)} }
func (h Hashers) Do(ctx context.Context, work func()) error { return h.h.do(ctx, work) }
func (h Hashers) Waiting() (admitted, hashing int)          { return len(h.h.admitted), len(h.h.hashing) }
