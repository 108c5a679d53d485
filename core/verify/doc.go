// Package verify checks tokens offline, away from the node that issued them: in plug-ins of gateways, in Workers, in
// other people's programs. It is pure as package core is: time comes with each call, and a fresh bundle by Update.
//
// A Trust is what a verifier goes by: the policy, the keys and what was revoked. It never changes; Update gives another
// one. A Verifier reads tokens under a Trust, for one goroutine at a time:
//
//	trust, err := verify.Read(policy)
//	var v verify.Verifier
//	v.Use(trust)
//	opened, refused := v.Verify(token, now)
//
// The verdict is core's own (core.Judge), in the order of a node's checks: so all hosts say the same of the same bytes.
// What a Verifier cannot judge it refuses: without keys, under a clock that was never set, with a bundle that is too
// old, and after a bug of its own.
package verify
