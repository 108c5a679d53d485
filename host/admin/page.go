package admin

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/edgetoken/edgetoken/core"
)

// MaxPage is the most that one page of a list has.
const MaxPage = 999

// PageQuery asks for a page of a list.
type PageQuery struct {
	After string // what comes before the page: the last of another page, or its Next; empty: nothing
	Limit int    // from 1 to MaxPage
}

func (q PageQuery) values() url.Values {
	return url.Values{"after": {q.After}, "limit": {strconv.Itoa(q.Limit)}}
}

func pageQueryOf(v url.Values) PageQuery {
	limit, _ := strconv.Atoi(v.Get("limit")) // 0, which is out of bounds, where it is no number
	return PageQuery{v.Get("after"), limit}
}

// checkLimit refuses the limit of a page that is out of bounds.
func checkLimit(limit int) error {
	if limit < 1 || limit > MaxPage {
		return fmt.Errorf("the limit must be between 1 and %d", MaxPage)
	}
	return nil
}

// pageAfter is the id after which a page of customers begins; zero: with the first.
func (s *server) pageAfter(q PageQuery) (after core.CustomerID, err error) {
	if q.After != "" {
		var ok bool
		if after, ok = s.id(q.After); !ok {
			return after, noID(q.After)
		}
	}
	return after, checkLimit(q.Limit)
}
