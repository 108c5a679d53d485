package admin

import "context"

// Compaction answers Compact.
type Compaction struct {
	Before int64 `json:"before"` // size of the store file, bytes
	After  int64 `json:"after"`  // the same of the new file
}

// compact has the store write its content into a new file without free pages.
func (s *server) compact(ctx context.Context, _, _ None) (Compaction, error) {
	done, err := s.cfg.Store.Compact(ctx, nil)
	if err != nil {
		return Compaction{}, err
	}
	s.cfg.Log.Info("admin: compacted the store", "before", done.Before.Bytes, "after", done.After.Bytes)
	return Compaction{Before: done.Before.Bytes, After: done.After.Bytes}, nil
}
