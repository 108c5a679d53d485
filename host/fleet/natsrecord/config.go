package natsrecord

import (
	"errors"
	"log/slog"
	"time"
)

// ErrNotBuilt is what New returns in a binary without NATS.
var ErrNotBuilt = errors.New("this binary was built without NATS (tag nofleet): leave the recorder out")

// Config is what New takes.
type Config struct {
	// Fleet is the name of the fleet: letters, digits, - and _, at most 64.
	Fleet string
	// Servers are the addresses of NATS servers with JetStream (nats:// or tls://), and Credentials is the file with
	// the user of the hub there (a JWT and its nkey); empty: none is shown.
	Servers     []string
	Credentials string
	// Age is how long a stream that the recorder makes keeps a record.
	Age time.Duration
	Log *slog.Logger // nil: no log
}
