// Package natsrecord keeps what the hub of a fleet wrote in a stream of JetStream, at a NATS server that does not share
// the hub's disk. [New] makes a recorder for host/fleet, which says what is recorded and why.
//
// For a fleet named shop the stream is edgetoken-shop, with the subject edgetoken.shop. A stream that is there already
// is used as it is; else New's recorder makes one, on disk, without replicas. The user of the hub needs no more than
//
//	publish:   edgetoken.shop  $JS.API.STREAM.*.edgetoken-shop  $JS.API.STREAM.MSG.GET.edgetoken-shop
//	           $JS.API.CONSUMER.*.edgetoken-shop.>  $JS.API.CONSUMER.MSG.NEXT.edgetoken-shop.>
//	subscribe: _INBOX.>
//
// A binary that was built with the tag nofleet has no NATS in it; New returns [ErrNotBuilt].
package natsrecord
