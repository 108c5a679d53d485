package cache_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// liveHeap is what the heap holds once all that nobody holds is gone, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryIsBounded: what is remembered takes no more of the heap than the cache says, be the tokens short or long.
func TestMemoryIsBounded(t *testing.T) {
	const limit = 2 << 20
	for _, length := range []int{1, 300, 3000} {
		before := liveHeap()
		c := newCache(t, limit)
		e := c.Engine(native())
		for i := range 4 * limit / (640 + 2*length) {
			token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","typ":"JWT"}`,
				fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d","more":"%s"}`, i, i, strings.Repeat("x", length)))
			if o, err := opened(t.Context(), e, []byte(token)); err != nil || o.Cause != cause.OK {
				t.Fatalf("Open = %v, %v", o.Cause, err)
			}
		}
		c.Settle()
		if more := liveHeap() - before; more > limit+limit/8 {
			t.Errorf("tokens with %d bytes more: a cache of %d KiB takes %d KiB of the heap", length, limit>>10,
				more>>10)
		}
		runtime.KeepAlive(c)
	}
}
