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
func (e *Engine) With(s core.Settings, keys core.Keys) (*View, error) {
	c, err := e.newConfig(s, keys)
	if err != nil {
		return nil, err
	}
	return &View{e, c}, nil
}

// View is an Engine under one configuration. It implements core.Engine.
type View struct {
	engine *Engine
	config *config
}

// Open implements core.Engine.
func (w *View) Open(ctx context.Context, token []byte) (core.Opened, error) {
	return w.engine.openWith(ctx, w.config, token)
}

// OpenInto is Open into o, as Engine.OpenInto is.
func (w *View) OpenInto(ctx context.Context, token []byte, o *core.Opened) error {
	return w.engine.openInto(ctx, w.config, token, o)
}

// Decide implements core.Engine.
func (w *View) Decide(ctx context.Context, req core.Request) (core.Outcome, error) {
	return w.engine.decideWith(ctx, w.config, req)
}
