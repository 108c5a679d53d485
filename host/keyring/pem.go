package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// block is one part of a PEM text.
type block struct {
	label string
	body  []byte
}

// readPEM reads the first key of a PEM text with one of the first labels; if there is none, with one of the next.
func readPEM(text []byte, labels ...[]string) (any, error) {
	if !bytes.Contains(text, begin) {
		return nil, notPEM(text, labels[0][0])
	}
	blocks, err := splitPEM(text)
	if len(blocks) == 0 {
		return nil, err
	}
	for _, wanted := range labels {
		for _, b := range blocks {
			if slices.Contains(wanted, b.label) {
				return b.key()
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

// readBlocks reads the keys of a PEM text. It leaves out the certificates of issuers, and the parameters of a curve
// that stand beside a key.
func readBlocks(text []byte, algorithm string) ([]entry, error) {
	blocks, err := splitPEM(text)
	if len(blocks) > maxKeys {
		return nil, errTooMany
	}
	var entries []entry
	var issued issuers
	for _, b := range blocks {
		if b.label == parametersLabel && len(blocks) > 1 {
			continue
		}
		der, err := b.der()
		if err != nil {
			entries = append(entries, unusable(it(err)))
			continue
		}
		entries = append(entries, readDER(b.label, der, algorithm))
		issued.note(len(entries)-1, b.label, der)
	}
	issued.skip(entries)
	if err != nil {
		entries = append(entries, unusable(it(err)))
	}
	return entries, nil
}

var begin, end, dashes = []byte("-----BEGIN "), []byte("-----END "), []byte("-----")

// splitPEM finds the blocks of a text by BEGIN and END, which may stand anywhere in a line. It skips what is between
// two blocks. The error is about what follows the blocks.
func splitPEM(text []byte) ([]block, error) {
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
		case !whole || !ended || !closed:
			return blocks, errors.New("is no key that can be read: it is cut off before its line -----END … -----")
		case !bytes.Equal(label, closing):
			return blocks, errors.New("is no key that can be read: its BEGIN and its END name different things, " +
				"as where a part is missing")
		}
		blocks = append(blocks, block{string(label), body})
		text = rest
	}
}

// sshPublic matches the beginning of an OpenSSH public key.
var sshPublic = regexp.MustCompile(`^\s*(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp\d+) `)

// notPEM says what a text without BEGIN seems to be, where a setting wants PEM with a label.
func notPEM(text []byte, label string) error {
	if err := foreign(text); err != nil {
		return err
	}
	if derLabel(text) != "" {
		return errors.New("is in DER: openssl pkey -inform DER -in FILE writes it as PEM")
	}
	return fmt.Errorf("is no PEM text: it begins with -----BEGIN %s----- or the like", label)
}

// foreign says what a text seems to be that nothing here reads; nil if it cannot tell.
func foreign(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) ||
		bytes.Contains(text, []byte("-\x00-\x00-")):
		return errors.New("is in UTF-16, which PyJWT does not read either: save it as UTF-8")
	case sshPublic.Match(text):
		return errors.New("is a public key in OpenSSH's own format: ssh-keygen -e -m PKCS8 -f FILE writes it as PEM")
	}
	return nil
}

// key reads the key of a block.
func (b block) key() (any, error) {
	der, err := b.der()
	if err != nil {
		return nil, err
	}
	return parseDER(b.label, der)
}

// der is what a block holds.
func (b block) der() ([]byte, error) {
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
		return nil, errors.New(`is no key that can be read: it has \n, two characters, in the place of line breaks, ` +
			"which PyJWT does not read either: write line breaks, or blanks")
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
	return der, nil
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
