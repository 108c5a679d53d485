package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// hidesKeys reports whether nothing may be said of which keys there are.
func (t *trial) hidesKeys() bool { return t.Public && !t.Keys }

// sayKey names the key that checked the token, and says where it is in its life.
func (t *trial) sayKey() string {
	if t.opened.Key < 0 || t.opened.Key >= len(t.keys.Keys) {
		return "found"
	}
	name := t.keyName(t.opened.Key)
	if life := t.life(t.opened.Key); life != "" {
		name += "; " + life
	}
	return name
}

func (t *trial) saySignature() string {
	if t.hidesKeys() {
		return "made by a key of this node"
	}
	return "made by this key"
}

// keyNames lists the keys, for an operator.
func (t *trial) keyNames() string {
	var names []string
	for i := range t.keys.Keys {
		names = append(names, t.keyName(i))
	}
	return "keys: " + strings.Join(names, ", ")
}

func (t *trial) keyName(key int) string {
	k := t.keys.Keys[key]
	name := k.Algorithm + ", the configured SIGNING_KEY"
	switch {
	case k.ID != "":
		name = k.Algorithm + ", kid " + k.ID
	case len(t.keys.Signing) == 0:
		name = k.Algorithm + ", the configured VERIFYING_KEY"
	}
	if k.RefreshOnly {
		name += ", for refresh tokens alone"
	}
	if k.Node != 0 {
		name += fmt.Sprintf(", of node %d", k.Node)
	}
	if end := t.keys.Ends(key); end != 0 {
		name += ", until " + moment(end)
	}
	return name
}

// life says the state of a key, and from when to when it signs: "verifying, signed from 2026-01-02 03:04:05 UTC to
// 2026-02-02 03:04:05 UTC"; "" where no other key ever signed, so that there is nothing to say but its end, and for the
// key of another node, whose turns are not known here.
func (t *trial) life(key int) string {
	state := t.keys.State(key, t.now)
	var turn core.SigningKey // the one that lasts, else the next one, else the last one
	var to int64
	found := false
	for i, k := range t.keys.Signing {
		ahead := k.From > t.now.Unix()
		if k.Key != key || ahead && state != core.KeyPublished {
			continue
		}
		turn, to, found = k, t.keys.Ends(key), true
		if i+1 < len(t.keys.Signing) && (to == 0 || t.keys.Signing[i+1].From < to) {
			to = t.keys.Signing[i+1].From
		}
		if ahead {
			break
		}
	}
	only := to == t.keys.Ends(key) // no other key takes over
	said := state.String()
	switch {
	case !found && (t.keys.Keys[key].ID == "" || t.keys.Keys[key].Node != 0), found && turn.From == 0 && only:
		return ""
	case !found:
	case state == core.KeyPublished:
		said += ", signs from " + moment(turn.From)
	case state == core.KeySigning:
		if turn.From != 0 {
			said += " since " + moment(turn.From)
		}
		if !only {
			said += " until " + moment(to)
		}
	case turn.From == 0:
		said += ", signed until " + moment(to)
	default:
		said += ", signed from " + moment(turn.From) + " to " + moment(to)
	}
	return said
}

func moment(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(momentLayout) }

// sayKeyEnd says when the key that checked the token ends.
func (t *trial) sayKeyEnd() string {
	if t.opened.KeyEnds == 0 {
		return "none"
	}
	return Moment(time.Unix(t.opened.KeyEnds, 0), t.now.Truncate(time.Second))
}
