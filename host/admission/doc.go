// Package admission runs expensive work, the hashing of passwords, so that it disturbs nothing else: a bounded number
// of jobs at once, within a budget of memory, from a bounded queue that is fair.
//
// There is one type, Queue, and one method that matters:
//
//	err := queue.Do(ctx, admission.Work{Client: client, Account: email, Memory: 19 << 20}, func() { … })
//
// Fair means that turns alternate: one goes round the clients, the next round the accounts. A client that waits for
// its first turn waits for at most one turn of each other client, however many log-ins one of them sends. The same
// holds for an account, however many clients try it. While the queue has room anyone may wait. In a full queue a
// newcomer replaces the last job of the client or account that holds most of it, unless that is the newcomer's own.
//
// An empty queue has no goroutine, so there is nothing to close.
package admission
