package httplane

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// Prefix is where the paths of the lane begin.
const Prefix = "/fleet/lane/"

const (
	linkPath = Prefix + "link"
	protocol = "edgetoken-lane/1" // of RFC 9110 §7.8
)

const (
	beating  = time.Second      // after which a side that has written nothing writes a beat
	silence  = 4 * time.Second  // without a byte of the hub: the edge dials again
	unheard  = 8 * time.Second  // without a record of the edge: the hub ends its link
	writing  = 2 * time.Second  // for each piece of what is written
	reading  = 10 * time.Second // for the body of a record, at the hub
	reaching = 3 * time.Second  // for a connection
	greeting = 10 * time.Second // for a connection, its handshake and its first answer: a storm of edges takes long
	patience = 30 * time.Second // how long an answer may take
	closing  = 2 * time.Second  // for what the hub has in hand when it closes

	piece      = 64 << 10 // bytes written at a time
	queueBytes = 8 << 20  // of records that wait for one reader
	bodyBytes  = 64 << 20 // of all requests that the hub has in hand
	titleBytes = 16 << 10 // of the header of the hub's first answer
	turns      = 64       // questions of one kind that a node answers at a time
	asked      = 128      // questions of one kind of one edge that the hub has in hand
)

// The kinds of records.
const (
	recordBeat = iota
	recordBatch
	recordSend
	recordFetch
	recordAsk
	recordAnswer
	recordPart // of the body of a record whose kind has partsBefore

	partsBefore = 0x80
)

// What the answer to a question is, in its record's about.
const (
	gaveAnswer = iota
	gaveNothing
	gaveNobody
	gaveLost
)

// The kinds of questions, each with turns of its own.
const (
	kindSend = iota
	kindFetch
	kindAsk   // of the hub, or by it
	kindRoute // of another edge
	kinds
)

// asking is how many questions of a kind an edge asks at a time.
var asking = [kinds]int{kindSend: 8, kindFetch: 4, kindAsk: 16, kindRoute: 64}

const headerBytes = 15

// header is what a record begins with.
type header struct {
	kind  byte
	about uint16 // in a question of an edge the node that it asks, in an answer what that is
	id    uint64 // of a question, and of its answer
	n     uint32 // bytes of the body
}

var errTooLong = errors.New("a record is longer than a lane carries")

// record makes one. Its body must not be longer than lane.MaxMessage.
func record(h header, body []byte) []byte {
	r := append(make([]byte, 0, headerBytes+len(body)), h.kind)
	r = binary.BigEndian.AppendUint16(r, h.about)
	r = binary.BigEndian.AppendUint64(r, h.id)
	r = binary.BigEndian.AppendUint32(r, uint32(len(body)))
	return append(r, body...)
}

// readHeader reads the header of a record.
func readHeader(r io.Reader) (h header, err error) {
	var b [headerBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return header{}, fmt.Errorf("read a record: %w", err)
	}
	h = header{b[0], binary.BigEndian.Uint16(b[1:]), binary.BigEndian.Uint64(b[3:]), binary.BigEndian.Uint32(b[11:])}
	if h.n > lane.MaxMessage {
		return header{}, errTooLong
	}
	return h, nil
}

// readBody reads what follows a header.
func readBody(r io.Reader, h header) ([]byte, error) {
	body := make([]byte, h.n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("read a record: %w", err)
	}
	return body, nil
}

// parts are those that have arrived of a body.
type parts []byte

// read reads a record, with the parts that came before it; not ok: it was one of those.
func (p *parts) read(r io.Reader) (h header, body []byte, ok bool, err error) {
	if h, err = readHeader(r); err != nil {
		return h, nil, false, err
	}
	if body, err = readBody(r, h); err != nil {
		return h, nil, false, err
	}
	part, last := h.kind == recordPart, h.kind&partsBefore != 0
	if !part && !last {
		return h, body, true, nil
	}
	if len(*p)+len(body) > lane.MaxMessage {
		return h, nil, false, errTooLong
	}
	*p = append(*p, body...)
	if part {
		return h, nil, false, nil
	}
	body, *p = *p, nil
	h.kind, h.n = h.kind&^partsBefore, uint32(len(body))
	return h, body, true, nil
}

// outcome is what a question led to.
type outcome struct {
	about uint16
	body  []byte
}

// meaning is what the asker makes of it; both are nil where there is no answer.
func (o outcome) meaning() (answer []byte, err error) {
	switch o.about {
	case gaveAnswer:
		return o.body, nil
	case gaveNothing:
		return nil, nil
	case gaveNobody:
		return nil, lane.ErrNobody
	default:
		return nil, lane.ErrLost
	}
}

// upgrades reports whether a header, of a request or of its answer, changes to the protocol of the lane.
func upgrades(h http.Header) bool { return h.Get("Upgrade") == protocol }
