package coretest

import (
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// testClock: while the clock is not plausible, engines issue nothing but decide everything else. No start is beyond
// what an id can carry.
func testClock(t *testing.T, newEngine NewEngine) {
	e := newEngine(t, variants["5.5 safe"], OneKey())
	tok := open(t, e, token(`{"token_type":"refresh","exp":4102444800,"jti":"`+refreshID+`","user_id":"7"}`))
	const forever = `"exp":253402300799`
	late := open(t, e, token(`{"token_type":"refresh",`+forever+`,"jti":"`+refreshID+`","user_id":"7"}`))
	slides := open(t, e, token(`{"token_type":"sliding",`+forever+`,"jti":"x1","user_id":"7",`+
		`"refresh_exp":253402300799}`))
	earliest, latest := time.Unix(core.EarliestTime, 0), time.UnixMilli(core.LastCutOff)
	for _, c := range []struct {
		name   string
		op     core.Op
		opened core.Opened
		now    time.Time
		cutOff int64
		err    error
	}{
		{"log-in in 1970", core.Login, core.Opened{}, time.Unix(0, 0), 0, core.ErrClock},
		{"log-in a microsecond too early", core.Login, core.Opened{}, earliest.Add(-time.Microsecond), 0,
			core.ErrClock},
		{"log-in at the earliest", core.Login, core.Opened{}, earliest, 0, nil},
		{"log-in at the latest", core.Login, core.Opened{}, latest, 0, nil},
		{"log-in a millisecond too late", core.Login, core.Opened{}, latest.Add(time.Millisecond), 0, core.ErrClock},
		{"log-in in 2300", core.Login, core.Opened{}, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), 0, core.ErrClock},
		{"log-in after the latest cut-off", core.Login, core.Opened{}, Now, core.LastCutOff, nil},
		{"log-in after the last start", core.Login, core.Opened{}, Now, core.LastStart, core.ErrClock},
		{"refresh in 1970", core.Refresh, tok, time.Unix(0, 0), 0, core.ErrClock},
		{"refresh at the earliest", core.Refresh, tok, earliest, 0, nil},
		{"refresh beyond the last start", core.Refresh, late, time.UnixMilli(core.LastStart + 1), 0, core.ErrClock},
		{"sliding log-in in 1970", core.SlidingLogin, core.Opened{}, time.Unix(0, 0), 0, core.ErrClock},
		{"sliding log-in after the last start", core.SlidingLogin, core.Opened{}, Now, core.LastStart, core.ErrClock},
		{"sliding refresh in 1970", core.SlidingRefresh, slides, time.Unix(0, 0), 0, core.ErrClock},
		{"sliding refresh at the earliest", core.SlidingRefresh, slides, earliest, 0, nil},
		{"sliding refresh at the latest", core.SlidingRefresh, slides, latest, 0, nil},
		{"blacklist in 1970", core.Blacklist, tok, time.Unix(0, 0), 0, nil},
		{"blacklist in 2300", core.Blacklist, late, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), 0, nil},
		{"verify in 1970", core.Verify, tok, time.Unix(0, 0), 0, nil},
		{"verify in 2300", core.Verify, late, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request(c.op)
			req.Opened, req.Now, req.State.CutOff = c.opened, c.now, c.cutOff
			o, err := e.Decide(t.Context(), req)
			if !errors.Is(err, c.err) || o.Refused() {
				t.Fatalf("refused for %v, error %v; want an answer or %v", firstCause(o), err, c.err)
			}
			if c.err != nil {
				return
			}
			for _, issued := range o.Tokens {
				o := open(t, e, issued.Value)
				if f := o.FamilyAt(c.now); c.op.LogsIn() &&
					(!f.Ours || f.Start != max(c.now.UnixMilli(), c.cutOff+1)) {
					t.Errorf("the log-in started at %d, want the clock's time or after the cut-off", f.Start)
				}
			}
			for _, x := range o.Effects.List {
				if x.Kind == core.ReserveStart && x.At > core.LastStart || x.Until > core.LastUntil {
					t.Errorf("effect %+v is beyond what can be kept", x)
				}
			}
		})
	}
	// A request that is refused anyway does not mention the clock.
	req := request(core.Login)
	req.Now, req.State.PasswordGood = time.Unix(0, 0), false
	if o, err := e.Decide(t.Context(), req); err != nil || firstCause(o) != cause.BadCredentials {
		t.Errorf("a wrong password in 1970 = %v, %v, want %v", firstCause(o), err, cause.BadCredentials)
	}
}
