// Package admission runs expensive work, the hashing of passwords, so that it disturbs nothing else: a bounded number at once, within a
// budget of memory, if wished beside the processors that Go has for everything else, and in a bounded queue that is fair.
//
// There is one type, Queue, and one method that matters:
//
//	err := queue.Do(ctx, admission.Work{Client: client, Account: email, Memory: 19 << 20}, func() { … })
//
// Fair means: every other turn goes round the clients, every second one round the accounts. So a client that waits for its first turn
// waits for no more than one turn of each other client, however many log-ins one of them sends, and so does an account, from however
// many clients it is tried. While there is room in the queue anyone may wait. Where there is none, a newcomer takes the place of the
// last of whoever holds most of it, client or account, unless that is himself.
//
// A queue has no goroutine or thread while it is empty, so there is nothing to close.
package admission
