package engine

import (
	"context"

	"github.com/edgetoken/edgetoken/core"
)

// With is an engine on the same instances that judges by other settings and keys, whatever Configure says. Where settings change while requests
// are in flight, each request that keeps to one such engine is judged by one set of settings from beginning to end.
//
// An instance is configured anew when it goes from one to another, so no more than two should be busy for long. The result
// holds nothing that is to be closed, and ends with e.
func (e *Engine) With(s core.Settings, keys core.Keys) (core.Engine, error) {
	c, err := e.newConfig(s, keys)
	if err != nil {
		return nil, err
	}
	return with{e, c}, nil
}

// with is an Engine under one config.
type with struct {
	engine *Engine
	config *config
}

func (w with) Open(ctx context.Context, token []byte) (core.Opened, error) {
	return w.engine.openWith(ctx, w.config, token)
}

func (w with) Decide(ctx context.Context, req core.Request) (core.Outcome, error) {
	return w.engine.decideWith(ctx, w.config, req)
}
