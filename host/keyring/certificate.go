package keyring

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// parseCertificate reads a certificate (RFC 5280 §4.1). Its key is not read with it, since parseSPKI reads more.
func parseCertificate(label string, der []byte) (*x509.Certificate, error) {
	if label == "TRUSTED CERTIFICATE" { // openssl appends what it is trusted for
		var first cryptobyte.String
		in := cryptobyte.String(der)
		if in.ReadASN1Element(&first, tag.SEQUENCE) {
			der = first
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("is a certificate that cannot be read, or of a key that is not known here")
	}
	return c, nil
}

// issuers are the certificates of a text, of which those are no keys of ours that issued another one of them.
type issuers struct {
	at           []int // in the entries
	certificates []*x509.Certificate
}

// note takes down an entry if it is a certificate.
func (c *issuers) note(at int, label string, der []byte) {
	if !slices.Contains(certificateLabels, label) {
		return
	}
	if parsed, err := parseCertificate(label, der); err == nil {
		c.at, c.certificates = append(c.at, at), append(c.certificates, parsed)
	}
}

// skip makes the issuers among entries unusable. A certificate that issued itself is no other's issuer by that.
func (c *issuers) skip(entries []entry) {
	for i, issuer := range c.certificates {
		if slices.ContainsFunc(c.certificates, func(of *x509.Certificate) bool {
			return bytes.Equal(of.RawIssuer, issuer.RawSubject) && !bytes.Equal(of.RawSubject, issuer.RawSubject)
		}) {
			entries[c.at[i]] = unusable(errors.New("it is the certificate of an issuer of another one"))
		}
	}
}
