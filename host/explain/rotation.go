package explain

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// shown is what may be said of a rotation.
func (t *trial) shown(r core.Rotation) *Rotation {
	if t.Public && r.Window > 0 {
		r.Present, r.Window = r.Generation, 0
	}
	moment := func(seconds int64) *time.Time {
		if seconds == 0 {
			return nil
		}
		at := time.Unix(seconds, 0).UTC()
		return &at
	}
	return &Rotation{
		Generation: r.Generation, Present: r.Present, WindowSeconds: int64(math.Ceil(r.Window.Seconds())),
		SessionEnds: moment(r.SessionEnds), IdleEnds: moment(r.IdleEnds),
	}
}

// sayGeneration says which refresh token of its log-in it is; "" where none is ever spent.
func (t *trial) sayGeneration() string {
	r := t.rotation
	switch {
	case r == nil, !t.Settings.Advances() && r.Present == 0:
		return ""
	case r.Generation == r.Present:
		return fmt.Sprintf("generation %d, the present one", r.Generation)
	}
	text := fmt.Sprintf("generation %d of a family at %d", r.Generation, r.Present)
	switch {
	case r.Generation > r.Present:
		return text + ", whose later state was lost: it goes on from this token"
	case r.WindowSeconds > 0:
		return text + fmt.Sprintf("; the window is open for %d s more", r.WindowSeconds)
	case t.Settings.Wire == core.Secure:
		return text + "; the window is closed"
	}
	return text
}

// saySession says until when the session can go on; "" where nothing bounds it but the token's own exp.
func (t *trial) saySession() string {
	var bounds []string
	if r := t.rotation; r != nil {
		if r.SessionEnds != nil {
			bounds = append(bounds, "the session ends "+Moment(*r.SessionEnds, t.now))
		}
		if r.IdleEnds != nil {
			bounds = append(bounds, "the token must be used by "+Moment(*r.IdleEnds, t.now))
		}
	}
	return strings.Join(bounds, "; ")
}

// history says which refresh token of its log-in it is, and when that was, as far as either is known.
func (t *trial) history() string {
	generation, started := t.sayGeneration(), t.started()
	if generation == "" || started == "" {
		return generation + started
	}
	return generation + "; " + started
}
