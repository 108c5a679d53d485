package node

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Fleet is the fleet of a node: one hub, whose number is 1, and edges. Its methods are safe for concurrent use.
type Fleet interface {
	// Age is how long ago the node certainly knew all that the fleet knew; math.MaxInt64: it never did.
	Age() time.Duration
	// Issues says why the node must issue nothing, although it may check tokens, as when its clock is not the hub's.
	Issues() error
	// Leased says why the node must not advance the families whose home it is.
	Leased() error
	// Confirmed returns once the fleet holds what the node wrote before the call, as far as the configuration asks for
	// that.
	Confirmed(ctx context.Context) error
	// Tells says why the fleet will not hear what the node writes from now on, as where it is being withdrawn.
	Tells() error
	// AskHome asks the node of that number what its AnswerHome answers, and AskHub the hub's AnswerHub. The error is an
	// ErrAway if nobody listens, so that nothing was done.
	AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error)
	AskHub(ctx context.Context, call byte, request []byte) ([]byte, error)
}

// Errors of a node in a fleet. They pass by themselves: the same call may succeed later.
var (
	// ErrAway says that the node which decides a request does not listen. Nothing was done.
	ErrAway = errors.New("the node that decides this is away")
	// ErrUnanswered says that this node gave no answer, or none that can be used. It may have done what was asked.
	ErrUnanswered = errors.New("the node that decides this gave no answer")
	// ErrUnleased says that this node may not advance log-ins now.
	ErrUnleased = errors.New("this node has no lease to advance log-ins")
	// ErrUnconfirmed says that a change was made, and that the fleet does not hold it yet.
	ErrUnconfirmed = errors.New("the fleet does not hold the change yet")
)

// patience bounds how long a request waits for another node.
const patience = 10 * time.Second

// isEdge reports whether only the hub of the fleet, another node, can change customers.
func (n *Node) isEdge() bool {
	return n.cfg.Fleet != nil && n.cfg.Store.Membership().Role == store.Edge
}

// sight is a moment at which the state of the node was of an age.
type sight struct {
	at  time.Time
	age time.Duration
}

// look is the sight of now; zero without a fleet. Call it before the state is loaded, which is then no older.
func (n *Node) look() (s sight) {
	if n.cfg.Fleet != nil {
		s.at = n.cfg.Now()
		s.age = n.cfg.Fleet.Age()
	}
	return s
}

// older is the age at a later moment of what was loaded at the sight. The time between counts by the wall clock too: a
// machine may have slept.
func (s sight) older(now time.Time) time.Duration {
	passed := max(0, now.Sub(s.at), now.Round(0).Sub(s.at.Round(0)))
	if passed > math.MaxInt64-s.age {
		return math.MaxInt64
	}
	return s.age + passed
}

// young refuses an operation, or refusals, that rest on a state which has become too old: see core.CheckAge. It is the
// last check before an answer leaves.
func (n *Node) young(op core.Op, refusals []core.Refusal, s sight) error {
	if n.cfg.Fleet == nil {
		return nil
	}
	age := max(s.older(n.cfg.Now()), n.cfg.Fleet.Age())
	if err := core.CheckAge(&n.cfg.Settings, op, age); err != nil {
		return err
	}
	return core.CheckRefusals(&n.cfg.Settings, refusals, age)
}

// issues is CheckClock, and checks that the state is young enough to issue anything. Log-ins ask it before the password
// is hashed.
func (n *Node) issues(op core.Op) error {
	if err := n.CheckClock(); err != nil {
		return err
	}
	return n.young(op, nil, n.look())
}

// leased says why the node must not advance a family whose home it is.
func (n *Node) leased() error {
	if err := n.cfg.Fleet.Leased(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnleased, err)
	}
	return nil
}

// confirmed returns once the fleet holds what this node wrote.
func (n *Node) confirmed(ctx context.Context) error {
	if n.cfg.Fleet == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := n.cfg.Fleet.Confirmed(waiting); err != nil {
		return failed(ctx, ErrUnconfirmed, err)
	}
	return nil
}

// told is confirmed for a log-out. At the hub the loss of its disk must not bring the log-in back. A log-out at an edge
// does not wait for the hub, which may be away, but counts only if the hub will hear of it.
func (n *Node) told(ctx context.Context) error {
	if !n.isEdge() {
		return n.confirmed(ctx)
	}
	if err := n.cfg.Fleet.Tells(); err != nil {
		return failed(ctx, ErrUnconfirmed, err)
	}
	return nil
}

// failed is an error of the fleet as one of this package. That of ctx stays what it is; one of a context of the fleet's
// own must not look like it.
func failed(ctx context.Context, as, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrAway):
		return err
	}
	return fmt.Errorf("%w: %v", as, err)
}
