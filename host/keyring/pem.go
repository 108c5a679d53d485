package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"unicode"
)

// block is one part of a PEM text.
type block struct {
	label string
	body  []byte
}

// The labels of blocks that are read.
var (
	privateLabels = []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}
	publicLabels  = []string{"PUBLIC KEY", "RSA PUBLIC KEY"}
)

// unread are labels of keys that are refused with a reason of their own.
var unread = map[string]string{
	"ENCRYPTED PRIVATE KEY": encrypted,
	"OPENSSH PRIVATE KEY": "is a private key in OpenSSH's own format, which PyJWT does not read either: " +
		"ssh-keygen -p -m PKCS8 -f FILE rewrites it",
	"DSA PRIVATE KEY":     "is a DSA key, which no algorithm of JWT signs with",
	"CERTIFICATE":         "is a certificate without the key: give the key itself",
	"TRUSTED CERTIFICATE": "is a certificate without the key: give the key itself",
	"EC PARAMETERS":       "holds the parameters of a curve and no key",
}

const encrypted = "is encrypted, and there is no place for its password here: openssl pkey -in FILE writes it in clear"

// readPEM reads the first key of a PEM text with one of the labels, or if there is none, the first other key.
func readPEM(text []byte, labels []string) (any, error) {
	blocks, err := splitPEM(text)
	if err != nil {
		return nil, err
	}
	others := append(append([]string{}, privateLabels...), publicLabels...)
	for _, wanted := range [][]string{labels, others} {
		for _, b := range blocks {
			for _, label := range wanted {
				if b.label == label {
					return b.key()
				}
			}
		}
	}
	for _, b := range blocks {
		if reason := unread[b.label]; reason != "" {
			return nil, errors.New(reason)
		}
	}
	return nil, errors.New("is no key that can be read: its first line must be -----BEGIN PRIVATE KEY-----, or have " +
		"RSA PRIVATE KEY, EC PRIVATE KEY or PUBLIC KEY in the place of that")
}

var begin, end, dashes = []byte("-----BEGIN "), []byte("-----END "), []byte("-----")

// splitPEM finds the blocks of a text by BEGIN and END, which may stand anywhere in a line. It skips what is between
// two blocks.
func splitPEM(text []byte) ([]block, error) {
	if !bytes.Contains(text, begin) {
		return nil, notPEM(text)
	}
	var blocks []block
	for {
		_, rest, found := bytes.Cut(text, begin)
		if !found {
			return blocks, nil
		}
		label, rest, whole := bytes.Cut(rest, dashes)
		body, rest, ended := bytes.Cut(rest, end)
		closing, rest, closed := bytes.Cut(rest, dashes)
		switch {
		case (!whole || !ended || !closed) && len(blocks) > 0:
			return blocks, nil // a key that is cut off, after one that is not
		case !whole || !ended || !closed:
			return nil, errors.New("is no key that can be read: it is cut off before its line -----END … -----")
		case !bytes.Equal(label, closing):
			return nil, errors.New("is no key that can be read: its BEGIN and its END name different things, " +
				"as where a part is missing")
		}
		blocks = append(blocks, block{string(label), body})
		text = rest
	}
}

// sshPublic matches the beginning of an OpenSSH public key.
var sshPublic = regexp.MustCompile(`^\s*(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp\d+) `)

// notPEM says what a text without BEGIN seems to be.
func notPEM(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) ||
		bytes.Contains(text, []byte("-\x00-\x00-")):
		return errors.New("is in UTF-16, which PyJWT does not read either: save it as UTF-8")
	case bytes.HasPrefix(text, []byte("0\x82")) || bytes.HasPrefix(text, []byte("0\x81")) ||
		bytes.HasPrefix(text, []byte("0\x2e\x02\x01")):
		return errors.New("is in DER: openssl pkey -inform DER -in FILE writes it as PEM")
	case sshPublic.Match(text):
		return errors.New("is a public key in OpenSSH's own format: ssh-keygen -e -m PKCS8 -f FILE writes it as PEM, " +
			"and VERIFYING_KEY may be left out")
	}
	return errors.New("is no PEM text: it begins with -----BEGIN PRIVATE KEY----- or the like")
}

// key reads the key of a block.
func (b block) key() (any, error) {
	body := string(b.body)
	if headers, rest, found := cutHeaders(body); found {
		if strings.Contains(headers, "ENCRYPTED") {
			return nil, errors.New(encrypted)
		}
		body = rest
	}
	body = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, body)
	if strings.Contains(body, `\n`) {
		return nil, errors.New(`is no key that can be read: it has \n, two characters, in the place of line breaks, which PyJWT does not read either: write line breaks, or blanks`)
	}
	encoding := base64.RawStdEncoding // padding may be missing, and must be right where it is there
	if strings.HasSuffix(body, "=") {
		encoding = base64.StdEncoding
	}
	der, err := encoding.DecodeString(body)
	if err != nil {
		return nil, errors.New("is no key that can be read: what stands between its BEGIN and its END is no base64, " +
			"or not all of it")
	}
	switch b.label {
	case "PRIVATE KEY":
		return parsePKCS8(der)
	case "RSA PRIVATE KEY":
		return parseRSA(der)
	case "EC PRIVATE KEY":
		return parseSEC1(der, nil)
	case "RSA PUBLIC KEY":
		return parseRSAPublic(der)
	}
	return parseSPKI(der)
}

// headerLine matches a line of the headers that may precede the key (RFC 1421 §4.6).
var headerLine = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9-]*:`)

// cutHeaders cuts off the headers, which end with an empty line.
func cutHeaders(body string) (headers, rest string, found bool) {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	if headers, rest, found = strings.Cut(body, "\n\n"); found && headerLine.MatchString(headers) {
		return headers, rest, true
	}
	return "", "", false
}
