package verify

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

// A token is found only if it is the same from the first byte to the last.
func TestRecent(t *testing.T) {
	var r recent
	learn := func(token []byte) {
		claims := bytes.Clone(token)
		r.learn(token, &core.Opened{Claims: claims})
		clear(claims) // which are the reader's own
	}
	token := bytes.Repeat([]byte("abcdefgh"), 20)
	if r.find(token) != nil {
		t.Error("it finds a token before the first one")
	}
	learn(token)
	if o := r.find(token); o == nil || !bytes.Equal(o.Claims, token) {
		t.Fatalf("a token that was learned: %v", o)
	}
	for i := range token {
		other := bytes.Clone(token)
		other[i]++
		if r.find(other) != nil {
			t.Errorf("with another byte %d it is taken for the same", i)
		}
	}
	for _, other := range [][]byte{token[1:], append([]byte("x"), token...), token[:16], nil} {
		if r.find(other) != nil {
			t.Errorf("%d bytes are taken for the same", len(other))
		}
	}
	learn(append([]byte("x"), token...)) // at the same place
	if r.find(token) != nil {
		t.Error("a token has the claims of another")
	}
	for _, size := range []int{0, 15, recentBytes + 1} {
		long := bytes.Repeat([]byte("y"), size)
		if learn(long); r.find(long) != nil {
			t.Errorf("a token of %d bytes is remembered", size)
		}
	}
	r.forget()
	if r.find(append([]byte("x"), token...)) != nil {
		t.Error("it remembers what it forgot")
	}
}
