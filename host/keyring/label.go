package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// The labels of blocks that are read.
var (
	privateLabels     = []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}
	publicLabels      = []string{"PUBLIC KEY", "RSA PUBLIC KEY"}
	certificateLabels = []string{"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
)

// parametersLabel is the label of what openssl ecparam writes before a key.
const parametersLabel = "EC PARAMETERS"

// unread are labels that are refused with a reason of their own. A setting does not take all that Read takes.
var unread = map[string]string{
	"ENCRYPTED PRIVATE KEY": encrypted,
	"OPENSSH PRIVATE KEY": "is a private key in OpenSSH's own format, which PyJWT does not read either: " +
		"ssh-keygen -p -m PKCS8 -f FILE rewrites it",
	"DSA PRIVATE KEY":     "is a DSA key, which no algorithm of JWT signs with",
	"CERTIFICATE":         "is a certificate without the key: give the key itself",
	"TRUSTED CERTIFICATE": "is a certificate without the key: give the key itself",
	parametersLabel:       "holds the parameters of a curve and no key",
}

const encrypted = "is encrypted, and there is no place for its password here: openssl pkey -in FILE writes it in clear"

// derLabel says what a text is by its first elements, in the words of PEM; "" for none of these.
func derLabel(der []byte) string {
	var content, first cryptobyte.String
	in := cryptobyte.String(der)
	if !in.ReadASN1(&content, tag.SEQUENCE) || !in.Empty() {
		return ""
	}
	switch {
	case content.PeekASN1Tag(tag.INTEGER) && content.ReadASN1(&first, tag.INTEGER):
		switch {
		case content.PeekASN1Tag(tag.SEQUENCE) && bytes.Equal(first, []byte{3}):
			return pkcs12Label
		case content.PeekASN1Tag(tag.SEQUENCE):
			return "PRIVATE KEY"
		case content.PeekASN1Tag(tag.OCTET_STRING):
			return "EC PRIVATE KEY"
		case content.PeekASN1Tag(tag.INTEGER) && len(first) == 1:
			return "RSA PRIVATE KEY"
		case content.PeekASN1Tag(tag.INTEGER):
			return "RSA PUBLIC KEY"
		}
	case content.ReadASN1(&first, tag.SEQUENCE):
		switch {
		case content.PeekASN1Tag(tag.BIT_STRING):
			return "PUBLIC KEY"
		case content.PeekASN1Tag(tag.OCTET_STRING):
			return "ENCRYPTED PRIVATE KEY"
		case content.PeekASN1Tag(tag.SEQUENCE):
			return "CERTIFICATE"
		}
	}
	return ""
}

// pkcs12Label is our word for PKCS #12, which PEM has none for.
const pkcs12Label = "PKCS12"

// parseDER reads a key of which the label of PEM says what it is.
func parseDER(label string, der []byte) (any, error) {
	switch label {
	case "PRIVATE KEY":
		return parsePKCS8(der)
	case "RSA PRIVATE KEY":
		return parseRSA(der)
	case "EC PRIVATE KEY":
		return parseSEC1(der, nil)
	case "RSA PUBLIC KEY":
		return parseRSAPublic(der)
	case "PUBLIC KEY":
		return parseSPKI(der)
	case pkcs12Label:
		return nil, errors.New("is PKCS #12: openssl pkcs12 -noenc -in FILE writes it as PEM")
	}
	if slices.Contains(certificateLabels, label) {
		c, err := parseCertificate(label, der)
		if err != nil {
			return nil, err
		}
		return parseSPKI(c.RawSubjectPublicKeyInfo)
	}
	if reason := unread[label]; reason != "" {
		return nil, errors.New(reason)
	}
	return nil, errors.New("is no key: what is read is " + strings.Join(
		slices.Concat(privateLabels, publicLabels, certificateLabels[:1]), ", "))
}

// readDER reads a key for Read.
func readDER(label string, der []byte, algorithm string) entry {
	raw, err := parseDER(label, der)
	if err != nil {
		return unusable(it(err))
	}
	k, err := named("", "", algorithm, raw)
	return entry{key: FoundKey{Key: k}, err: err}
}

// it makes a reason of an error about a setting, which follows the name of the setting.
func it(err error) error { return fmt.Errorf("it %w", err) }
