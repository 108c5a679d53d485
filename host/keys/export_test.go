package keys

import "time"

var (
	EncodeRequest = encodeRequest
	DecodeRequest = decodeRequest
	EncodeAnswer  = encodeAnswer
	DecodeAnswer  = decodeAnswer
)

// KnownWithin is how long a key of a fleet is published before it signs, where clocks do not differ.
func KnownWithin() time.Duration { return New(Config{}).knownWithin() }
