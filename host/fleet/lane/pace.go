package lane

import (
	"math/rand/v2"
	"time"
)

const (
	// Lasting is how long a link must have lasted for the next one to be dialled at once.
	Lasting = 10 * time.Second

	leastWait = 250 * time.Millisecond
	mostWait  = 4 * time.Second
)

// Pace says how long an edge waits before it dials again: longer and longer where the hub takes connections and they do
// not last, or many edges would keep a busy hub busy with handshakes alone. A hub that is not there costs nobody
// anything, and is to be found soon after its start. The zero value is ready; it is not safe for concurrent use.
type Pace struct{ wait time.Duration }

// Next is the wait after a link that lasted so long, 0 where there was none: 250 ms, doubled up to 4 s with each
// connection that came to nothing, and by chance up to half as much again. reached says whether the hub took the
// connection.
func (p *Pace) Next(lasted time.Duration, reached bool) time.Duration {
	if p.wait == 0 || lasted >= Lasting || !reached {
		p.wait = leastWait
	}
	wait := p.wait
	p.wait = min(2*wait, mostWait)
	return wait + rand.N(wait/2)
}
