package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// EndedPage answers ListEnded, a page of log-ins with tokens that have ended.
type EndedPage struct {
	Families []EndedFamily `json:"families"`
	Unlisted
	Next string `json:"next"` // empty: this is the last page
}

// EndedFamily has refresh tokens that ended before they expired: those of the generations from First to Last. Each has
// the id that core.FamilyKey.RefreshTokenID says.
type EndedFamily struct {
	Customer    ID        `json:"customer"` // null: it is not here
	Family      uint64    `json:"family"`   // core.FamilyKey.Bits
	Start       int64     `json:"start"`    // Unix milliseconds
	First       uint32    `json:"first"`
	Last        uint32    `json:"last"`
	ExpiresLast time.Time `json:"expires_last"` // when none of them can be valid any more
}

// Unlisted says what has ended that no list of refresh tokens can have.
type Unlisted struct {
	// Foreign are tokens of another system: their ids are not known, only digests of them.
	Foreign int `json:"foreign"`
	// Unnamed are log-ins that were revoked by a name that says nothing of their start.
	Unnamed int `json:"unnamed"`
	// Long are log-ins with more spent tokens than are listed.
	Long int `json:"long"`
	// The rest is on the first page only.

	Sliding bool `json:"sliding"`  // sliding tokens are in use: their ids are random in part
	CutOffs int  `json:"cut_offs"` // customers who have one
	All     bool `json:"all"`      // a cut-off of all customers
	// Until is when nothing that a cut-off ended can be valid any more; null: there is none.
	Until *time.Time `json:"until"`
}

// Add joins what another page says.
func (u *Unlisted) Add(v Unlisted) {
	u.Foreign, u.Unnamed, u.Long = u.Foreign+v.Foreign, u.Unnamed+v.Unnamed, u.Long+v.Long
	u.Sliding, u.All, u.CutOffs = u.Sliding || v.Sliding, u.All || v.All, u.CutOffs+v.CutOffs
	if v.Until != nil {
		u.Until = v.Until
	}
}

// listEnded lists what another system would have to refuse that takes the tokens of this node.
func (s *server) listEnded(ctx context.Context, q PageQuery, _ None) (EndedPage, error) {
	page := EndedPage{Families: []EndedFamily{}}
	if err := checkLimit(q.Limit); err != nil {
		return page, err
	}
	after, err := hex.DecodeString(q.After)
	if err != nil {
		return page, errors.New("after is the next of a page")
	}
	list, next, err := s.cfg.Store.Families(ctx, string(after), q.Limit)
	if err != nil {
		return page, err
	}
	page.Next = hex.EncodeToString([]byte(next))
	kept, err := s.cfg.Store.Lifetimes(ctx)
	if err != nil {
		return page, err
	}
	longest, now := kept.Raised(&s.cfg.Settings), s.cfg.Store.Time()
	for _, f := range list {
		ended, ok := page.endedOf(f, longest, now)
		if !ok {
			continue
		}
		_, err := s.cfg.Store.Get(ctx, f.Customer)
		if err == nil {
			ended.Customer = ID(f.Customer)
		} else if !errors.Is(err, store.ErrNotFound) {
			return page, err
		}
		page.Families = append(page.Families, ended)
	}
	if q.After != "" {
		return page, nil
	}
	lives := time.Duration(max(longest.Refresh, longest.Foreign)) * time.Second
	c, err := s.cfg.Store.CutOffs(ctx, now.Add(-lives))
	if err != nil {
		return page, err
	}
	page.CutOffs, page.All = c.Customers, c.All
	if !c.Latest.IsZero() {
		until := c.Latest.Add(lives)
		page.Until = &until
	}
	page.Sliding = slices.Contains(s.cfg.Settings.AuthTokenClasses, core.SlidingToken)
	return page, nil
}

// endedOf says which refresh tokens of a family have ended and may not have expired; ok is false for none. What cannot
// be listed is counted.
func (u *Unlisted) endedOf(f store.Family, longest core.Lifetimes, now time.Time) (e EndedFamily, ok bool) {
	e = EndedFamily{Family: f.Bits, Start: f.Start, Last: f.Generation}
	life := time.Duration(longest.Refresh) * time.Second
	e.ExpiresLast = time.UnixMilli(f.Start).UTC().Add(life)
	if f.Generation > 0 {
		e.ExpiresLast = f.Issued.Add(max(life, f.Refresh))
	}
	switch {
	case f.Issuer != "" || f.Until.Before(now):
		return e, false // other systems know nothing of its tokens, or they have expired
	case f.Start == 0:
		if f.Customer.IsZero() { // it is recorded with the customer too, where that is known
			u.Unnamed++
		}
		return e, false
	case f.AnyStart && f.Customer.IsZero():
		u.Foreign++
		return e, false
	case f.AnyStart:
		e.First = 1 // generation 0 is a foreign token
	}
	if !f.Dead {
		if e.Last == 0 {
			return e, false
		}
		e.Last--
	}
	if e.Last < e.First || e.ExpiresLast.Before(now) {
		return e, false
	}
	if most := likelyGood(f, max(life, f.Refresh)); e.Last-e.First >= most {
		e.First = e.Last - most + 1
		u.Long++
	}
	return e, true
}

// alwaysListed is how many tokens of a log-in are listed however often it was refreshed, at most.
const alwaysListed = 1 << 14

// likelyGood bounds how many of the tokens of a family, the latest ones, may not have expired; life is that of a
// refresh token. When those before the latest were issued is not known. In a log-in that is younger than life all may
// be good. Of an older one it takes twice as many as were issued in that time on average, and at least one for each
// life of an access token, which is how often clients usually refresh.
func likelyGood(f store.Family, life time.Duration) uint32 {
	usual := 1.0
	if f.Access > 0 {
		usual = min(float64(life/f.Access)+1, math.MaxUint32)
	}
	good := float64(math.MaxUint32)
	if age := f.Issued.Sub(time.UnixMilli(f.Start)); age > life {
		good = max(usual, math.Ceil(2*float64(f.Generation)*float64(life)/float64(age)))
	}
	return uint32(min(good, max(usual, alwaysListed)))
}
