package admin

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
)

// ExportQuery asks for a page of whole customers.
type ExportQuery struct {
	After string // the id before the first; empty: from the start
	Limit int    // from 1 to MaxPage
}

func (q ExportQuery) values() url.Values {
	return url.Values{"after": {q.After}, "limit": {strconv.Itoa(q.Limit)}}
}

func exportQueryOf(v url.Values) ExportQuery {
	q := ExportQuery{After: v.Get("after")}
	q.Limit, _ = strconv.Atoi(v.Get("limit")) // 0, which is out of bounds, where it is no number
	return q
}

// ExportedPage answers ExportCustomers. It holds the hashes of passwords, and no rows once there are no more.
type ExportedPage struct {
	Rows []Row `json:"rows"`
}

func (s *server) exportCustomers(ctx context.Context, q ExportQuery, _ None) (answer ExportedPage, err error) {
	var after core.CustomerID
	if q.After != "" {
		var ok bool
		if after, ok = s.id(q.After); !ok {
			return answer, noID(q.After)
		}
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return answer, errors.New("the limit must be between 1 and 999")
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
