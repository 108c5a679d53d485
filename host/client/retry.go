package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxFieldErrors = 4096 // bytes

// Refusal is an answer of 401: the server knows the request and says no.
type Refusal struct {
	Cause  string // X-Auth-Error: "no_active_account", "expired", …; "": the server does not say
	Detail string // for people
}

func (r *Refusal) Error() string { return "refused: " + r.Detail }

func refused(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

// Unavailable says that the server could not be reached, or answered that it cannot say now. The same may be tried
// again.
type Unavailable struct {
	// After is how long the server asks to wait (Retry-After, RFC 9110 §10.2.3), at most an hour; 0: it does not.
	After time.Duration
	Err   error
}

func (u *Unavailable) Error() string { return "the server is not available: " + u.Err.Error() }
func (u *Unavailable) Unwrap() error { return u.Err }

func temporary(err error) bool {
	var u *Unavailable
	return errors.As(err, &u)
}

// backoff is the wait from one attempt to the next: a quarter of a second that doubles, up to a second, half of it by
// chance.
type backoff struct{ failed int }

// after waits, at least as long as the server asked for. It returns the error if the time that is left does not
// suffice.
func (b *backoff) after(ctx context.Context, err error) error {
	pause := min(250*time.Millisecond<<min(b.failed, 8), time.Second)
	b.failed++
	pause = pause/2 + rand.N(pause/2)
	var u *Unavailable
	if errors.As(err, &u) && u.After > 0 {
		pause += u.After
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= pause {
		return err
	}
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return err
	}
}

// pause keeps a client from asking again at once after it has failed. It is zero while refreshes succeed.
type pause struct {
	until time.Time
	err   error
}

// failed reports whether the last refresh did.
func (c *Client) failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pause.err != nil
}

// rest begins a pause, as long as the server asked for.
func (c *Client) rest(err error) {
	var u *Unavailable
	long := time.Second/2 + rand.N(time.Second)
	if errors.As(err, &u) {
		long += u.After
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pause = pause{until: time.Now().Add(long), err: err}
}

// paused returns the error of a pause, nil if there is none.
func (c *Client) paused() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.pause.until) {
		return c.pause.err
	}
	return nil
}

// longestPause is the most that a server may ask for.
const longestPause = time.Hour

// retryAfter reads the header: seconds, or a date by the server's clock.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	date, err := http.ParseTime(value)
	now, errNow := http.ParseTime(h.Get("Date"))
	if err != nil || errNow != nil {
		return 0
	}
	return min(max(0, date.Sub(now)), longestPause)
}

// failed is the error for an answer other than 200, of its body and of the detail in that.
func failed(answer *http.Response, detail string, body []byte) error {
	status := fmt.Errorf("%s %s: %s", answer.Request.Method, answer.Request.URL.Path, answer.Status)
	switch {
	case answer.StatusCode == http.StatusUnauthorized && detail != "":
		return &Refusal{Cause: answer.Header.Get("X-Auth-Error"), Detail: detail}
	case answer.StatusCode == http.StatusUnauthorized, // of a proxy on the way, which knows nothing of the session
		answer.StatusCode >= http.StatusInternalServerError, answer.StatusCode == http.StatusTooManyRequests,
		answer.StatusCode == http.StatusRequestTimeout, answer.StatusCode == http.StatusTooEarly:
		return &Unavailable{After: retryAfter(answer.Header), Err: status}
	case detail != "":
		return fmt.Errorf("%w: %s", status, detail)
	}
	if faults := fieldErrors(body); faults != "" {
		return fmt.Errorf("%w: %s", status, faults)
	}
	return fmt.Errorf("%w; check Server and Paths", status)
}

// fieldErrors is what REST framework says of the fields of a request, as "email: This field is required."; "": nothing.
func fieldErrors(body []byte) string {
	var fields map[string][]string
	if len(body) > maxFieldErrors || json.Unmarshal(body, &fields) != nil {
		return ""
	}
	var all []string
	for name, texts := range fields {
		all = append(all, name+": "+strings.Join(texts, " "))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}
