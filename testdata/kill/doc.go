// Package kill holds one test: a node that is killed in the middle of its work, three times, loses nothing that it
// acknowledged and starts again by itself (R9). The node is the real command in a process of its own, over real HTTP.
//
// 32 clients work through sessions: a session adds a customer through the admin socket, logs in, refreshes its token
// 100 times and blacklists ten refresh tokens, its own last. KILL_FULL=1 asks for 200 sessions (20,000 refreshes, 2,000
// blacklistings); without it there are 24 shorter ones.
//
//	KILL_FULL=1 go test -count=1 -v ./testdata/kill
package kill
