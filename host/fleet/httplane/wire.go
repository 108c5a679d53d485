package httplane

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// Prefix is where the paths of the lane begin.
const Prefix = "/fleet/lane/"

const (
	beating  = time.Second      // between the beats of a stream, and between the pings of an edge
	silence  = 4 * time.Second  // without a byte on its stream: the edge dials again
	unheard  = 8 * time.Second  // without a request of the edge: the hub ends its stream
	writing  = 2 * time.Second  // for each piece of what the hub writes
	reading  = 10 * time.Second // for the body of a request
	dialing  = 3 * time.Second  // for a connection and its handshake
	patience = 30 * time.Second // how long an answer may take

	piece      = 64 << 10 // bytes written at a time
	queueBytes = 8 << 20  // of records that wait for one reader
	bodyBytes  = 64 << 20 // of all requests that the hub has in hand
	turns      = 64       // questions of one kind that a node answers at a time
	handshakes = 4        // connections that an edge makes at a time: a burst of questions is no burst of these
	asked      = 128      // questions of one kind of one edge that the hub has in hand
)

const (
	recordBeat     = 0
	recordBatch    = 1
	recordQuestion = 2

	recordHeader = 5
	questionID   = 8
)

// asking is how many questions of a kind an edge asks at a time, each on a connection of its own.
var asking = [kinds]int{kindSend: 8, kindFetch: 4, kindAsk: 16, kindRoute: 64, kindAnswer: 16}

// What the statuses of answers mean.
const (
	statusNobody = http.StatusNotFound
	statusLost   = http.StatusBadGateway
	statusNone   = http.StatusNoContent
)

// record makes one of a stream.
func record(kind byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	r := append(make([]byte, 0, recordHeader+n), kind)
	r = binary.BigEndian.AppendUint32(r, uint32(n))
	for _, p := range parts {
		r = append(r, p...)
	}
	return r
}

// readRecord reads one of a stream.
func readRecord(r io.Reader) (kind byte, body []byte, err error) {
	var header [recordHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, fmt.Errorf("read the stream of the hub: %w", err)
	}
	n := binary.BigEndian.Uint32(header[1:])
	if n > lane.MaxMessage+questionID {
		return 0, nil, fmt.Errorf("the stream of the hub has a record of %d bytes", n)
	}
	body = make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, fmt.Errorf("read the stream of the hub: %w", err)
	}
	return header[0], body, nil
}
