package fact

import (
	"fmt"
	"strconv"
	"strings"
)

// Position names a frame among those of one node: the node's incarnation, and how many frames it had made. The zero
// Position is before all frames.
type Position struct{ Incarnation, Sequence uint64 }

// IsZero reports whether p is before all frames.
func (p Position) IsZero() bool { return p == Position{} }

// String is the incarnation in 16 hex digits, a colon and the sequence: 00000000000000a7:12.
func (p Position) String() string { return fmt.Sprintf("%016x:%d", p.Incarnation, p.Sequence) }

// ParsePosition reads what String returns, and nothing else.
func ParsePosition(s string) (Position, error) {
	incarnation, sequence, _ := strings.Cut(s, ":")
	i, bad := strconv.ParseUint(incarnation, 16, 64)
	n, wrong := strconv.ParseUint(sequence, 10, 64)
	if p := (Position{i, n}); bad == nil && wrong == nil && p.String() == s {
		return p, nil
	}
	return Position{}, fmt.Errorf("position %q: it must be 16 hex digits, a colon and a number", s)
}
