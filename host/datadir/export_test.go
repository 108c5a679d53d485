package datadir

import "log/slog"

// Look looks once, as Run does every minute.
func (w *Watch) Look(log *slog.Logger) { w.look(log) }
