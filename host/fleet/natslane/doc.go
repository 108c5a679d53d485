// Package natslane carries a fleet over NATS. The hub embeds a server ([NewHub]), or hub and edges are clients of a
// cluster that the operator has (HubConfig.Servers, EdgeConfig.Servers). Edges dial it ([NewEdge]).
//
// Only core NATS is used, where a message reaches whoever listens now. Subjects, where n is the number of a node:
//
//	et.<fleet>.up.<n>                    edge n → hub: Send
//	et.<fleet>.fetch.<n>                 edge n → hub: Fetch
//	et.<fleet>.hub.<n>                   edge n → hub: Ask of the hub
//	et.<fleet>.home.<n>                  anyone → edge n: Ask of an edge
//	et.<fleet>.log                       hub → all: Publish
//	et.<fleet>.inbox.<asker>.<n>.<token> n answers what asker asked under the random token
//
// The embedded server gives edge n these permissions, and an operator's cluster must give each edge a user with the
// same (here for a fleet named eu and edge 7), and the hub's user publish and subscribe on et.eu.>:
//
//	publish:   et.eu.up.7  et.eu.fetch.7  et.eu.hub.7  et.eu.home.*  et.eu.inbox.*.7.>
//	subscribe: et.eu.log  et.eu.home.7  et.eu.inbox.7.>
//
// They have no allow_responses: an edge that asks itself, with somebody else's subject as the place for the answer,
// would be allowed to publish there. Instead the number of who may answer stands in the subject of the answer.
//
// With the embedded server a link is TLS 1.3 by link keys (host/fleet/lane/linktls), each node has one link (a new one
// ends the old one), and Drop ends it. With Servers, TLS is what their addresses say (tls://) with the system's roots,
// the operator withdraws the user of an edge, Roster is not asked, and Drop does nothing.
//
// A binary that was built with the tag nofleet has no NATS in it; NewHub and NewEdge return [ErrNotBuilt].
package natslane
