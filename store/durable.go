package store

import "context"

// syncing is a commit that may not be durable yet. bbolt shows it to readers as soon as its meta page is written, one
// fdatasync earlier. A reader who saw it answers only once it is durable (R9): if it fails, it was never there.
type syncing struct {
	transaction int
	done        chan struct{} // closed when the commit is durable or has failed
	err         error         // why it failed, once done is closed
}

// durable is a commit that is durable already: the last one in a file that was just opened.
func durable(transaction int) *syncing {
	s := &syncing{transaction: transaction, done: make(chan struct{})}
	close(s.done)
	return s
}

// end tells readers what became of the commit.
func (s *syncing) end(err error) {
	s.err = err
	close(s.done)
}

// pending reports whether a transaction may have read what is not durable yet. All commits before s are durable.
func (s *syncing) pending(transaction int) bool {
	if transaction < s.transaction {
		return false
	}
	select {
	case <-s.done:
		return s.err != nil
	default:
		return true
	}
}

// least is the earliest transaction that the file may show from now on: this one if it is durable, else the one before.
func (s *syncing) least() int {
	if s.pending(s.transaction) {
		return s.transaction - 1
	}
	return s.transaction
}

// wait returns nil once the commit is durable, or the error that keeps it from being so.
func (s *syncing) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
