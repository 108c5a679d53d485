package keys

var (
	EncodeRequest = encodeRequest
	DecodeRequest = decodeRequest
	EncodeAnswer  = encodeAnswer
	DecodeAnswer  = decodeAnswer
)
