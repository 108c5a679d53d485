package admin

import "context"

// ExportedPage answers ExportCustomers. It holds the hashes of passwords, and no rows once there are no more.
type ExportedPage struct {
	Rows []Row `json:"rows"`
}

func (s *server) exportCustomers(ctx context.Context, q PageQuery, _ None) (answer ExportedPage, err error) {
	after, err := s.pageAfter(q)
	if err != nil {
		return answer, err
	}
	customers, err := s.cfg.Store.Export(ctx, after, q.Limit)
	if err != nil {
		return answer, err
	}
	if q.After == "" {
		s.cfg.Log.Info("admin: gives out all customers, with the hashes of their passwords")
	}
	answer.Rows = []Row{}
	for _, c := range customers {
		answer.Rows = append(answer.Rows, exportedRow(c))
	}
	return answer, nil
}
