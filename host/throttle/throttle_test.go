package throttle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/throttle"
)

func TestParseRate(t *testing.T) {
	for _, c := range []struct {
		text string
		want throttle.Rate
	}{
		{"", throttle.Rate{}},
		{"100/hour", throttle.Rate{Requests: 100, Period: time.Hour}},
		{"1/s", throttle.Rate{Requests: 1, Period: time.Second}},
		{"5/min", throttle.Rate{Requests: 5, Period: time.Minute}},
		{" 20 /day", throttle.Rate{Requests: 20, Period: 24 * time.Hour}},
		{"3/month", throttle.Rate{Requests: 3, Period: time.Minute}}, // as in the reference
	} {
		got, err := throttle.ParseRate(c.text)
		if err != nil || got != c.want {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
		if again, err := throttle.ParseRate(got.String()); err != nil || again != got {
			t.Errorf("ParseRate(%q) = %v, %v; want %v again", got, again, err, got)
		}
		if err := got.Validate(); err != nil {
			t.Errorf("Validate of %v = %v, want nil", got, err)
		}
	}
}

func TestParseRateNamesWhatIsWrong(t *testing.T) {
	for _, text := range []string{
		"100", "100/", "/hour", "x/hour", "0/hour", "-1/hour", "1.5/hour", "10/year", "100001/day", "1/2/h/",
	} {
		if got, err := throttle.ParseRate(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("ParseRate(%q) = %v, %v; want an error that quotes it", text, got, err)
		}
	}
	for _, r := range []throttle.Rate{
		{Requests: 1}, {Period: time.Hour}, {Requests: -1, Period: time.Hour}, {Requests: 1 << 30, Period: time.Hour},
	} {
		if r.Validate() == nil {
			t.Errorf("Validate of %#v gave no error", r)
		}
	}
}

// TestAdmit is a sliding window, second by second.
func TestAdmit(t *testing.T) {
	h := throttle.NewHistory(0)
	rate := throttle.Rate{Requests: 2, Period: time.Minute}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		second float64
		key    string
		ok     bool
		wait   float64
	}{
		{0, "a", true, 0},
		{10, "a", true, 0},
		{20, "a", false, 40},
		{20, "b", true, 0},
		{59.5, "a", false, 0.5}, // what was refused did not count
		{60, "a", true, 0},
		{60, "a", false, 10},
		{70, "a", true, 0},
		{71, "a", false, 49},
	} {
		wait, ok := h.Admit(c.key, rate, start.Add(time.Duration(c.second*float64(time.Second))))
		if ok != c.ok || wait.Seconds() != c.wait {
			t.Errorf("Admit(%q) at %v s = %v, %v; want %v, %v s", c.key, c.second, wait, ok, c.ok, c.wait)
		}
	}
	if _, ok := h.Admit("a", throttle.Rate{}, start); !ok {
		t.Error("the zero rate refused a request")
	}
}

// TestLoweredRate: a rate may be another one the next time; the wait is until it admits a request.
func TestLoweredRate(t *testing.T) {
	h := throttle.NewHistory(0)
	start := time.Unix(1_800_000_000, 0)
	for i := range 10 {
		at := start.Add(time.Duration(i) * time.Second)
		if _, ok := h.Admit("a", throttle.Rate{Requests: 10, Period: time.Minute}, at); !ok {
			t.Fatalf("request %d was refused", i)
		}
	}
	wait, ok := h.Admit("a", throttle.Rate{Requests: 1, Period: time.Minute}, start.Add(10*time.Second))
	if ok || wait != 59*time.Second {
		t.Errorf("Admit = %v, %v; want 59 s until the last request is a minute ago", wait, ok)
	}
}

// TestHistoryIsBounded: what was longest unused is forgotten first, and whoever asks again and again is not.
func TestHistoryIsBounded(t *testing.T) {
	const keys = 100
	h := throttle.NewHistory(33 * keys)
	rate := throttle.Rate{Requests: 1, Period: time.Hour}
	now := time.Unix(1_800_000_000, 0)
	h.Admit("kept", rate, now)
	for i := range 50 * keys {
		h.Admit(fmt.Sprint(i), rate, now)
		if _, ok := h.Admit("kept", rate, now); ok {
			t.Fatalf("after %d others a key in use was forgotten", i)
		}
	}
	if n := h.Keys(); n > keys {
		t.Errorf("%d keys are remembered, want at most %d", n, keys)
	}
	if _, ok := h.Admit("0", rate, now); !ok {
		t.Error("the key that was longest unused is still remembered")
	}
	// One key alone may have as many requests as its rate says.
	small := throttle.NewHistory(1)
	for i := range 1000 {
		if _, ok := small.Admit("a", throttle.Rate{Requests: 1000, Period: time.Hour}, now); !ok {
			t.Fatalf("request %d was refused", i)
		}
	}
}

// A clock that ran ahead keeps nobody out once it is set right: what was counted meanwhile counts for one period.
func TestClockRunsAhead(t *testing.T) {
	rate := throttle.Rate{Requests: 2, Period: time.Minute}
	right := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := throttle.NewHistory(0)
	for range 2 {
		if _, ok := h.Admit("a", rate, right.AddDate(0, 0, 30)); !ok {
			t.Fatal("a request within the rate was refused")
		}
	}
	if wait, ok := h.Admit("a", rate, right); ok || wait != time.Minute {
		t.Errorf("Admit once the clock is right = %v, %v, want a minute to wait", wait, ok)
	}
	if _, ok := h.Admit("a", rate, right.Add(time.Minute)); !ok {
		t.Error("a request is refused after a period under the right clock")
	}
}
