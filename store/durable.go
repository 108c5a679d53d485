package store

import "context"

// syncing is a commit that wrote, from its begin on. bbolt lets readers see it as soon as its meta page is written,
// one fdatasync before it is durable. Whoever read it keeps the answer until it is (R9): if it is not, the answer
// rests on what never was.
type syncing struct {
	transaction int
	done        chan struct{} // closed when the commit is durable or has failed
	err         error         // then why it failed
}

// durable is the state that a file was opened with.
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

// pending reports whether what a transaction read may not be durable yet. All commits before this one are.
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

// least is the earliest transaction that a file may show from now on: the one before where this one is not, or not
// yet, durable.
func (s *syncing) least() int {
	if s.pending(s.transaction) {
		return s.transaction - 1
	}
	return s.transaction
}

// wait waits until the commit is durable, or says why it will not be.
func (s *syncing) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
