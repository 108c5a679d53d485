package envoy

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/bundle"
)

// revoked has a revocation reach Envoy by a poll each second.
func revoked(t *testing.T, p *publisher, key *signer) {
	token := bearer(key.token(t, claims{"iat": time.Now().Unix() - 10}))
	await(t, 200, 10*time.Second, site+"/api", "Authorization", token)
	for range 3 {
		p.publish(t, time.Now().Add(time.Hour), func(b *bundle.Bundle) { b.All = time.Now().UnixMilli() })
		took := await(t, 401, 3*time.Second, site+"/api", "Authorization", token)
		t.Logf("revoked, and refused after %d ms", took.Milliseconds())
		p.publish(t, time.Now().Add(time.Hour), nil)
		await(t, 200, 3*time.Second, site+"/api", "Authorization", token)
	}
}

// cutOff cuts Envoy off: it takes tokens until the bundle's not-after, to the second, and then none.
func cutOff(t *testing.T, p *publisher, key *signer) {
	token := bearer(key.token(t, nil))
	ended := bearer(key.token(t, claims{"iat": time.Now().Unix() - 10}))
	end := time.Now().Add(6 * time.Second).Truncate(time.Second)
	p.publish(t, end, func(b *bundle.Bundle) { b.All = time.Now().UnixMilli() - 5000 })
	await(t, 401, 4*time.Second, site+"/api", "Authorization", ended) // so it has this bundle
	p.stop()
	for closed := false; ; {
		before := time.Now()
		a := get(t, site+"/api", "Authorization", token)
		after := time.Now()
		switch {
		case after.Before(end) && a.status != 200:
			t.Fatalf("%s before not-after: %d %s", end.Sub(after), a.status, a.body)
		case !before.Before(end) && a.status != 503:
			t.Fatalf("%s after not-after: %d %s", before.Sub(end), a.status, a.body)
		case a.status == 503 && !closed:
			closed = true
			t.Logf("refused %d ms after not-after", after.Sub(end).Milliseconds())
		}
		if before.After(end.Add(2 * time.Second)) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.publish(t, time.Now().Add(time.Hour), nil)
	t.Logf("a new bundle is taken after %d ms",
		await(t, 200, 5*time.Second, site+"/api", "Authorization", token).Milliseconds())
}
