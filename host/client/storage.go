package client

import (
	"context"
	"sync"
)

// Storage keeps the tokens of one session. Its methods are called by several goroutines at once, and where processes
// share one, by all of them.
type Storage interface {
	// Load returns what is there: no Tokens if nobody is logged in.
	Load(ctx context.Context) (Tokens, error)
	// Replace puts next where old is, and reports whether it did: not if something else is there by now. No Tokens as
	// next log out. What is acknowledged has to last as long as the storage does.
	Replace(ctx context.Context, old, next Tokens) (bool, error)
}

// Memory keeps tokens until the program ends.
func Memory() Storage { return &memory{} }

type memory struct {
	mu     sync.Mutex
	tokens Tokens
}

func (m *memory) Load(context.Context) (Tokens, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens, nil
}

func (m *memory) Replace(_ context.Context, old, next Tokens) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens != old {
		return false, nil
	}
	m.tokens = next
	return true, nil
}
