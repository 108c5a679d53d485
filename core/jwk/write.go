package jwk

import (
	"encoding/base64"
	"strings"

	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/core/python"
)

// Public writes a public key as a JWK; "" for a secret, which has no public part.
func Public(id, algorithm string, material []byte) string {
	numbers, private, ok := jws.Numbers(material)
	if !ok || private {
		return ""
	}
	var b strings.Builder
	member := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + name + `":"` + value + `"`)
	}
	number := func(name string, n []byte) { member(name, base64.RawURLEncoding.EncodeToString(n)) }
	switch algorithm[0] {
	case 'R', 'P':
		member("kty", "RSA")
		number("n", numbers[0])
		number("e", numbers[1])
	case 'E':
		if curve, ok := curves[algorithm]; ok {
			member("kty", "EC")
			member("crv", curve)
			half := (len(numbers[0]) - 1) / 2
			number("x", numbers[0][1:1+half])
			number("y", numbers[0][1+half:])
			break
		}
		member("kty", "OKP")
		member("crv", "Ed25519")
		number("x", numbers[0])
	}
	member("alg", algorithm)
	member("use", "sig")
	if id != "" {
		b.WriteString(`,"kid":` + string(python.AppendJSON(nil, id)))
	}
	return "{" + b.String() + "}"
}

var curves = map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
