package blacklistfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/host/records"
)

// Token is an outstanding token: one that Django issued, or that was logged out there.
type Token struct {
	Line        int
	Blacklisted bool
	Key         json.RawMessage // by which a blacklisted token names it: a primary key, or [jti]
	User        json.RawMessage // a primary key, a natural key in a list, or null
	ID          string          // jti
	Token       string          // may be empty: whoever wrote the file knew the id alone
	ExpiresAt   time.Time       // zero: the file does not say; for a sliding token it is the first end
}

const (
	outstanding = "token_blacklist.outstandingtoken"
	blacklisted = "token_blacklist.blacklistedtoken"
)

// object is an object of either model.
type object struct {
	Model  string          `json:"model"`
	PK     json.RawMessage `json:"pk"`
	Fields struct {
		User      json.RawMessage `json:"user"`
		ID        string          `json:"jti"`
		Token     json.RawMessage `json:"token"` // a text, or of a blacklisted token the key of its outstanding token
		ExpiresAt string          `json:"expires_at"`
	} `json:"fields"`
}

// Reader reads the tokens of a fixture.
type Reader struct {
	// Missing is how many tokens are blacklisted that are not in the file. It is right after the last token.
	Missing int

	objects *records.Objects
	// tokens and others are how many objects were met of the two models, and of none.
	tokens, others int
	seed           maphash.Seed
	keys           []uint64 // sorted hashes of the keys of blacklisted tokens
}

// NewReader reads a fixture once, for what is blacklisted, and goes back to its start.
func NewReader(r io.ReadSeeker) (*Reader, error) {
	t := &Reader{objects: records.NewObjects(r), seed: maphash.MakeSeed()}
	for {
		found, _, err := t.next(blacklisted)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		t.keys = append(t.keys, t.hash(found.Fields.Token))
	}
	if t.others > 0 && t.tokens == 0 {
		return nil, errors.New("the file has nothing of token_blacklist: write it with manage.py dumpdata " +
			"token_blacklist")
	}
	slices.Sort(t.keys)
	t.keys = slices.Compact(t.keys)
	t.Missing = len(t.keys)
	t.objects = records.NewObjects(r)
	_, err := r.Seek(0, io.SeekStart)
	return t, err
}

// Next reads the next token; io.EOF after the last.
func (t *Reader) Next() (Token, error) {
	o, line, err := t.next(outstanding)
	if err != nil {
		return Token{}, err
	}
	k := Token{Line: line, Key: o.PK, User: o.Fields.User, ID: o.Fields.ID}
	if err := json.Unmarshal(o.Fields.Token, &k.Token); err != nil || k.ID == "" {
		return Token{}, fmt.Errorf("line %d: an outstanding token without the texts jti and token", k.Line)
	}
	if len(k.Key) == 0 {
		k.Key, _ = json.Marshal([]string{k.ID}) // its natural key, if the shop gave the model one
	}
	if _, k.Blacklisted = slices.BinarySearch(t.keys, t.hash(k.Key)); k.Blacklisted {
		t.Missing--
	}
	k.ExpiresAt = moment(o.Fields.ExpiresAt)
	return k, nil
}

// Offset is how much of the file was read since NewReader went back to its start.
func (t *Reader) Offset() int64 { return t.objects.Offset() }

// next reads the next object of a model, and gives its line.
func (t *Reader) next(model string) (o object, line int, err error) {
	for {
		raw, line, bad, err := t.objects.Next()
		switch {
		case bad != nil:
			err = fmt.Errorf("line %d: what stands here %w", line, bad)
			if t.tokens+t.others == 0 {
				err = fmt.Errorf("%w: write the file with manage.py dumpdata --format json", err)
			}
		case err == io.EOF && t.tokens+t.others == 0 && !t.objects.Array:
			err = errors.New("the file is empty")
		}
		if err != nil {
			return object{}, 0, err
		}
		if bytes.Contains(raw, []byte("token_blacklist.")) {
			t.tokens++
		} else {
			t.others++
		}
		if !bytes.Contains(raw, []byte(model)) {
			continue
		}
		o = object{}
		if err := json.Unmarshal(raw, &o); err != nil {
			return object{}, 0, fmt.Errorf("line %d: %w", line, err)
		}
		if o.Model == model {
			return o, line, nil
		}
	}
}

// hash names a key. Two keys of one hash are as likely as two equal numbers of 64 random bits.
func (t *Reader) hash(key json.RawMessage) uint64 {
	var compact bytes.Buffer
	_ = json.Compact(&compact, key) // it was read as JSON
	return maphash.Bytes(t.seed, compact.Bytes())
}

// moment reads a time as Django writes it, zero if it is none. One without a zone (USE_TZ = False) is the latest that
// it can be, twelve hours behind UTC.
func moment(text string) time.Time {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t
	}
	t, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		return time.Time{}
	}
	return t.Add(12 * time.Hour)
}
