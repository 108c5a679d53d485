// Package admission runs expensive work, the hashing of passwords, so that it disturbs nothing else: a bounded number
// of jobs at once, within a budget of memory, from a bounded queue that is fair.
//
// There is one type, Queue, and one method that matters:
//
//	err := queue.Do(ctx, admission.Work{Client: client, Account: email, Memory: 19 << 20, Units: 1}, func() { … })
//
// Fair means that turns alternate: one goes round the clients, the next round the accounts. A client that waits for
// its first turn waits for at most one turn of each other client, however many log-ins one of them sends. The same
// holds for an account, however many clients try it.
//
// Turns and places are counted by work. A job of 15 units takes 15 places of the queue and is worth 15 turns: its
// client or account then lets 14 turns pass, and the other kind of turn has 15 units in exchange (deficit round robin,
// paid afterwards).
//
// While the queue has room anyone may wait. In a full queue a newcomer replaces the last jobs of the clients or
// accounts that hold most of it, as long as each keeps more than the newcomer's hold already. So an only job is safe.
//
// An empty queue has no goroutine, so there is nothing to close.
package admission
