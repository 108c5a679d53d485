package node_test

import (
	"encoding/base64"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// robbed is the world of a victim, of whose refresh token a thief has a copy. What he presents, and when, is all that
// the thief can choose. It is on the secure wire, where the window is of ten seconds.
type robbed struct {
	*world
	*testing.T
	stolen string
	other  pair // another log-in of the victim's, which nothing here is about
}

func newRobbed(t *testing.T) *robbed {
	w := newWorld(t, secureRotation)
	must(t, w.RaiseLifetimes(t.Context()))
	r := &robbed{world: w, T: t}
	r.stolen, _ = w.login(t)
	r.other.refresh, r.other.access = w.login(t)
	w.passes(time.Minute)
	return r
}

// exchange refreshes a token that is good.
func (r *robbed) exchange(token string) (p pair) {
	r.Helper()
	p.refresh, p.access = r.rotate(r.T, token)
	return p
}

// caught presents a token, which ends the log-in: whoever has tokens of it has nothing. Other log-ins go on.
func (r *robbed) caught(token string, pairs ...pair) {
	r.Helper()
	result, err := r.Refresh(r.Context(), token)
	r.wantCause(r.T, "the token that is presented again", result, err, cause.Reused)
	r.ended(pairs...)
}

// ended shows that nothing of a log-in is good, and that the victim's other one is.
func (r *robbed) ended(pairs ...pair) {
	r.Helper()
	for _, p := range pairs {
		result, err := r.Refresh(r.Context(), p.refresh)
		r.wantCause(r.T, "a refresh token of the log-in", result, err, cause.Blacklisted)
		result, err = r.Verify(r.Context(), p.refresh)
		r.wantCause(r.T, "the same in verify", result, err, cause.Blacklisted)
		result, err = r.Authenticate(r.Context(), p.access)
		r.wantCause(r.T, "an access token of the log-in", result, err, cause.Blacklisted)
	}
	result, err := r.Authenticate(r.Context(), r.other.access)
	r.wantCause(r.T, "another log-in of the victim's", result, err, cause.OK)
}

// Verify does not tell when the victim refreshes: while the window is open the stolen token looks as before. Once it
// does not, it is of no use any more.
func TestThiefPollsVerifyForTheWindow(t *testing.T) {
	r := newRobbed(t)
	before, err := r.Verify(t.Context(), r.stolen)
	r.wantCause(t, "before the refresh", before, err, cause.OK)
	victim := r.exchange(r.stolen)
	for range 10 {
		now, err := r.Verify(t.Context(), r.stolen)
		r.wantCause(t, "in the window", now, err, cause.OK)
		if now.KeyID != before.KeyID || now.Family != before.Family || len(now.Tokens)+len(now.Effects.List) > 0 {
			t.Errorf("verify in the window is %+v, before it was %+v", now, before)
		}
		r.passes(time.Second)
	}
	now, err := r.Verify(t.Context(), r.stolen)
	r.wantCause(t, "after the window", now, err, cause.Blacklisted)
	victim = r.exchange(victim.refresh) // polling does the victim no harm
	r.caught(r.stolen, victim)
}

// The thief comes first and goes on, and the victim's refresh ends what he has.
func TestThiefFirst(t *testing.T) {
	r := newRobbed(t)
	thief := r.exchange(r.stolen)
	r.passes(11 * time.Second)
	later := r.exchange(thief.refresh)
	r.passes(time.Hour / 2)
	r.caught(r.stolen, thief, later)
}

// The thief comes first, and the victim's log-out is refused, yet it ends what he has.
func TestThiefBeforeALogOut(t *testing.T) {
	r := newRobbed(t)
	thief := r.exchange(r.stolen)
	r.passes(11 * time.Second)
	result, err := r.Blacklist(t.Context(), r.stolen)
	r.wantCause(t, "log-out with the spent token", result, err, cause.Reused)
	r.ended(thief)
}

// The victim comes first, and the thief's refresh just after the window ends the log-in of both.
func TestThiefSecond(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(10 * time.Second)
	r.caught(r.stolen, victim)
}

// Both get one pair, so that there are no two branches of the log-in: whoever comes second after that is caught.
func TestThiefInsideTheWindow(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(9 * time.Second)
	if thief := r.exchange(r.stolen); thief != victim {
		t.Errorf("the thief gets %+v, the victim has %+v", thief, victim)
	}
	next := r.exchange(victim.refresh)
	r.passes(10 * time.Second)
	r.caught(victim.refresh, victim, next)
}

// The window is that of one generation.
func TestThiefHasAnOlderTokenInsideTheWindowOfAnother(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(time.Minute)
	next := r.exchange(victim.refresh)
	if again := r.exchange(victim.refresh); again != next {
		t.Errorf("in its window the token gives %+v, want %+v", again, next)
	}
	r.caught(r.stolen, victim, next)
}

// The window of a token ends when its successor is spent, however soon.
func TestThiefHasTheTokenBeforeAUsedOne(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(time.Second)
	next := r.exchange(victim.refresh)
	r.passes(time.Second)
	r.caught(r.stolen, victim, next)
}

// Nor does the window outlive a log-out.
func TestThiefInsideTheWindowOfALoggedOutToken(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	result, err := r.Blacklist(t.Context(), victim.refresh)
	r.wantCause(t, "log-out", result, err, cause.OK)
	r.passes(time.Second)
	r.ended(pair{r.stolen, victim.access}, victim)
}

// A node crashes once a refresh is durable and before its answer leaves, and is off for a minute. The victim asks again
// and gets what was decided then. The thief has no more than the rest of the window, and no restart opens it again.
func TestThiefBetweenCommitAndAnswer(t *testing.T) {
	r := newRobbed(t)
	lost := r.exchange(r.stolen)
	r.world = r.copied(t) // what a crash leaves of the file
	r.now = r.now.Add(time.Minute)
	victim := r.exchange(r.stolen)
	if victim != lost {
		t.Errorf("after the crash the victim gets %+v, and %+v was decided", victim, lost)
	}
	r.passes(10 * time.Second)
	r.login(t) // another commit
	r.restart(t)
	r.caught(r.stolen, lost)
}

// A crash costs nobody the window of a token that was spent long ago: it stays closed.
func TestThiefCrashesTheNodeForAnotherWindow(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(10 * time.Second)
	r.login(t)
	for range 3 {
		r.world = r.copied(t)
		r.now = r.now.Add(time.Minute)
		result, err := r.Verify(t.Context(), r.stolen)
		r.wantCause(t, "after a crash", result, err, cause.Blacklisted)
	}
	r.caught(r.stolen, victim)
}

// Nor does a node that is restarted while nobody writes open the window again.
func TestThiefRestartsAnIdleNode(t *testing.T) {
	r := newRobbed(t)
	victim := r.exchange(r.stolen)
	r.passes(10 * time.Second)
	for range 3 {
		r.restart(t)
	}
	r.caught(r.stolen, victim)
}

// A backup of yesterday knows neither what was spent since nor what was revoked. restore ends all that it knows.
func TestThiefAfterARestoredBackup(t *testing.T) {
	for name, keep := range map[string]bool{"restored": false, "sessions kept": true} {
		t.Run(name, func(t *testing.T) {
			r := newRobbed(t)
			revoked, _ := r.login(t)
			file, err := r.store.Backup(t.Context(), nil)
			must(t, err)
			defer file.Close()
			r.passes(time.Hour / 2)
			victim := r.exchange(r.stolen)
			r.passes(time.Minute)
			next := r.exchange(victim.refresh)
			_, err = r.Blacklist(t.Context(), revoked)
			must(t, err)

			must(t, r.store.Close())
			read, err := backup.NewReader(file)
			must(t, err)
			r.path = filepath.Join(t.TempDir(), "restored.db")
			_, err = store.Restore(t.Context(), store.Config{Path: r.path, Now: func() time.Time { return r.now },
				Elapsed: func() time.Duration { return r.spent }}, read, store.Restoring{KeepSessions: keep})
			must(t, err)
			r.open(t)
			if !keep {
				for _, token := range []string{r.stolen, victim.refresh, next.refresh, revoked, r.other.refresh} {
					result, err := r.Refresh(t.Context(), token)
					r.wantCause(t, "a token from before", result, err, cause.CutOff)
				}
				return
			}
			// Kept, the log-in goes on from the newest token that is shown, and the stolen one is spent again.
			later := r.exchange(next.refresh)
			r.caught(r.stolen, victim, next, later)
		})
	}
}

// A wall clock that jumps and comes back has no record of a spent or revoked token purged.
func TestThiefAfterAPurgeByAJumpedClock(t *testing.T) {
	for _, jump := range []time.Duration{20 * day, 400 * day, 40 * 365 * day} {
		r := newRobbed(t)
		revoked, access := r.login(t)
		must(t, r.EndLogin(t.Context(), access))
		victim := r.exchange(r.stolen)
		r.passes(time.Hour / 2)
		r.login(t) // a commit, behind which the window is closed
		r.now = r.now.Add(jump)
		must(t, r.Purge(t.Context()))
		r.restart(t)
		must(t, r.Purge(t.Context()))
		r.now = r.now.Add(-jump)
		must(t, r.Purge(t.Context()))
		r.ended(pair{revoked, access})
		r.caught(r.stolen, victim)
	}
}

// After the last generation there is none: the token is refused, the log-in goes on to its end, and an older token is
// one that comes again.
func TestThiefAtTheLastGeneration(t *testing.T) {
	r := newRobbed(t)
	last := r.exchange(r.generation("fffffffe")) // ahead of the state: after a restored backup, say
	if got := sequence(claims(last.refresh)); !strings.HasSuffix(got, "ffffffff") {
		t.Fatalf("the last token is %q", got)
	}
	r.passes(time.Minute)
	for range 2 {
		result, err := r.Refresh(t.Context(), last.refresh)
		r.wantCause(t, "the last token", result, err, cause.Blacklisted)
		result, err = r.Authenticate(t.Context(), last.access)
		r.wantCause(t, "its access token", result, err, cause.OK)
	}
	r.caught(r.stolen, last)
}

// generation is the stolen token of another generation, by eight hex digits.
func (r *robbed) generation(digits string) string {
	r.Helper()
	body, err := base64.RawURLEncoding.DecodeString(claims(r.stolen))
	must(r.T, err)
	id := regexp.MustCompile(`("jti":"[0-9a-f]{24})[0-9a-f]{8}`)
	return coretest.Sign("HS256", strings.Repeat("k", 32), `{"alg":"HS256"}`,
		id.ReplaceAllString(string(body), "${1}"+digits))
}
