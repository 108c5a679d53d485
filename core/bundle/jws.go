package bundle

import (
	"encoding/base64"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// successorType is the typ (RFC 7515 §4.1.9) of a statement of succession; that of a bundle is core.BundleType.
const successorType = "edgetoken-root+jwt"

// Bounds of what Open takes.
const (
	MaxBytes  = 8 << 20  // of a bundle in compact form
	MaxChain  = 16       // statements of succession
	maxHeader = 32 << 10 // characters of the header
)

// Signer signs the input of a JWS with a root.
type Signer func(input []byte) (signature []byte, err error)

// Sign makes the JWS of a payload, signed by the root of that kid and algorithm. chain are the statements of succession
// that lead to this root, the oldest first; a delta has none.
func Sign(payload []byte, kid, algorithm string, chain []string, sign Signer) (string, error) {
	return compact(core.BundleType, payload, kid, algorithm, chain, sign)
}

// SignSuccessor makes the statement by which a root names the next one, a JWK.
func SignSuccessor(next, kid, algorithm string, sign Signer) (string, error) {
	return compact(successorType, []byte(next), kid, algorithm, nil, sign)
}

func compact(typ string, payload []byte, kid, algorithm string, chain []string, sign Signer) (string, error) {
	header := `{"alg":"` + algorithm + `","kid":"` + kid + `","typ":"` + typ + `"`
	if len(chain) > 0 {
		header += `,"chain":["` + strings.Join(chain, `","`) + `"]`
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(header+"}")) + "." +
		base64.RawURLEncoding.EncodeToString(payload)
	signature, err := sign([]byte(input))
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// Opened is a bundle whose signature is good.
type Opened struct {
	Payload []byte
	Root    jwk.Key // the root that signed it: one of those given, or a successor
}

// Fault is why Open refuses.
type Fault uint8

const (
	Good      Fault = iota
	Malformed       // it is no bundle
	Forged          // no root that is trusted signed it
)

// Open checks the signature of a bundle by the roots that a verifier trusts, and by their successors.
func Open(text string, roots []jwk.Key) (Opened, Fault) {
	if len(text) > MaxBytes {
		return Opened{}, Malformed
	}
	m, fault := split(text, core.BundleType)
	if fault != Good {
		return Opened{}, fault
	}
	trusted := append([]jwk.Key(nil), roots...)
	for _, statement := range m.chain {
		next, ok := successor(statement, trusted)
		if ok {
			trusted = append(trusted, next)
		}
	}
	for _, root := range trusted {
		if m.signedBy(&root) {
			return Opened{m.payload, root}, Good
		}
	}
	return Opened{}, Forged
}

// successor is the root that a statement names, if one that is trusted signed it.
func successor(statement string, trusted []jwk.Key) (next jwk.Key, ok bool) {
	m, fault := split(statement, successorType)
	if fault != Good {
		return jwk.Key{}, false
	}
	for i := range trusted {
		if m.signedBy(&trusted[i]) {
			next, err := jwk.Read(m.payload)
			return next, err == nil && !next.Symmetric()
		}
	}
	return jwk.Key{}, false
}

// message is a JWS in its parts.
type message struct {
	kid, algorithm string
	chain          []string
	input          string
	payload        []byte
	signature      []byte
}

// signedBy reports whether a root signed the message.
func (m *message) signedBy(root *jwk.Key) bool {
	return root.ID == m.kid && root.Algorithm == m.algorithm && root.Check([]byte(m.input), m.signature)
}

// split reads a JWS of a type. The header has alg, kid, typ and perhaps chain, and nothing else.
func split(text, typ string) (m message, fault Fault) {
	header, rest, ok := strings.Cut(text, ".")
	payload, signature, also := strings.Cut(rest, ".")
	if !ok || !also || len(header) > maxHeader {
		return message{}, Malformed
	}
	encoding := base64.RawURLEncoding.Strict()
	head, err := encoding.DecodeString(header)
	good := err == nil
	m.payload, err = encoding.DecodeString(payload)
	good = good && err == nil
	m.signature, err = encoding.DecodeString(signature)
	good = good && err == nil && !strings.ContainsAny(text, "\r\n") // which the decoder skips
	found := ""
	whole := good && strictjson.Members(head, func(name string, value []byte) {
		is := true
		switch name {
		case "alg":
			m.algorithm, is = strictjson.TextOf(value)
		case "kid":
			m.kid, is = strictjson.TextOf(value)
		case "typ":
			found, is = strictjson.TextOf(value)
		case "chain":
			is = typ == core.BundleType && strictjson.Elements(value, func(element []byte) error {
				statement, ok := strictjson.TextOf(element)
				if m.chain = append(m.chain, statement); !ok || len(m.chain) > MaxChain {
					return strictjson.ErrNotArray
				}
				return nil
			}) == nil
		default:
			is = false
		}
		good = good && is
	})
	if !whole || !good || found != typ {
		return message{}, Malformed
	}
	m.input = text[:len(header)+1+len(payload)]
	return m, Good
}
