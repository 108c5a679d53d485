package join

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Token is an invitation into a fleet, which edgetoken fleet invite makes and edgetoken fleet join takes. It is a
// secret: whoever has it becomes a node of the fleet. It prints as a mask; Encode gives its text:
//
//	etj1_ and base64url without padding (RFC 4648 §5) of
//	16  id of the fleet
//	32  public link key of the hub
//	32  secret
//	i64 until when it is good, Unix seconds
//	    name of the fleet, a text
//	    addresses of the hub, a list of texts, each host:port
//	4   the first bytes of the SHA-256 of all before, which tell a text that was cut off
//
// Integers, texts and lists are those of core/codec.
type Token struct {
	Fleet     [16]byte
	HubKey    [32]byte
	Secret    [32]byte
	Until     time.Time // to the second
	Name      string    // of the fleet
	Addresses []string  // 1 to MaxAddresses
}

const (
	prefix   = "etj1_"
	checkLen = 4

	// MaxAddresses is how many addresses a hub has at most.
	MaxAddresses = 8
	maxAddress   = 260 // bytes: a name of the DNS has 253, and a port 6
	// maxToken bounds the text of a token, in bytes.
	maxToken = 4 << 10
)

// ErrToken says that a text is no invitation. What wraps it says why, and quotes nothing of the text.
var ErrToken = errors.New("this is no invitation of a fleet")

// Digest is what the hub keeps of a secret: its SHA-256. The secret is random, so that nobody finds it by trying.
func Digest(secret [32]byte) [32]byte { return sha256.Sum256(secret[:]) }

// Encode gives the text of a token.
func (t Token) Encode() string {
	b := append(t.Fleet[:0:0], t.Fleet[:]...)
	b = append(b, t.HubKey[:]...)
	b = append(b, t.Secret[:]...)
	b = codec.I64(b, t.Until.Unix())
	b = codec.Texts(codec.Text(b, t.Name), t.Addresses)
	sum := sha256.Sum256(b)
	return prefix + base64.RawURLEncoding.EncodeToString(append(b, sum[:checkLen]...))
}

// ParseToken reads what Encode wrote, and nothing else. Blanks around it are not part of it.
func ParseToken(text string) (t Token, err error) {
	text = strings.TrimSpace(text)
	coded, ok := strings.CutPrefix(text, prefix)
	switch {
	case !ok && strings.HasPrefix(text, "etj"):
		return t, fmt.Errorf("%w that this version knows: use the edgetoken of the hub", ErrToken)
	case !ok:
		return t, fmt.Errorf("%w: those begin with %s", ErrToken, prefix)
	case len(text) > maxToken:
		return t, fmt.Errorf("%w: it has more than %d bytes", ErrToken, maxToken)
	}
	cut := fmt.Errorf("%w, or not the whole of one: copy it again, from %s to its end", ErrToken, prefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if err != nil || len(b) < checkLen || strings.ContainsAny(coded, "\r\n") { // which the decoder skips
		return t, cut
	}
	b, sum := b[:len(b)-checkLen], b[len(b)-checkLen:]
	if want := sha256.Sum256(b); !bytes.Equal(sum, want[:checkLen]) {
		return t, cut
	}
	r := codec.Reader{Rest: b}
	copy(t.Fleet[:], r.Take(len(t.Fleet)))
	copy(t.HubKey[:], r.Take(len(t.HubKey)))
	copy(t.Secret[:], r.Take(len(t.Secret)))
	t.Until = time.Unix(r.I64(), 0).UTC()
	t.Name, t.Addresses = r.Text(), r.Texts()
	if !r.Done() {
		return Token{}, cut
	}
	if err := errors.Join(CheckName(t.Name), checkAddresses(t.Addresses)); err != nil {
		return Token{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return t, nil
}

func checkAddresses(list []string) error {
	if len(list) == 0 || len(list) > MaxAddresses {
		return fmt.Errorf("the hub has 1 to %d addresses, not %d", MaxAddresses, len(list))
	}
	for _, a := range list {
		if err := CheckAddress(a); err != nil {
			return err
		}
	}
	return nil
}

// CheckAddress refuses what cannot be dialled: an address is host:port.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || host == "" || n == 0 || len(address) > maxAddress || !printable(address) {
		return fmt.Errorf("%.80q is no address: write host:port, as in hub.example.com:7421", address)
	}
	return nil
}

// CheckName refuses what is no name of a fleet or of a node. Names stand in the subjects of NATS.
func CheckName(name string) error {
	const most = 32
	other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if name == "" || len(name) > most || strings.ContainsFunc(name, other) || strings.Trim(name, "-") != name {
		return fmt.Errorf("%.80q is no name: use 1 to %d of a-z, 0-9 and -, as in shop or edge-fra-1", name, most)
	}
	return nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (t Token) String() string               { return "invitation(********)" }
func (t Token) GoString() string             { return t.String() }
func (t Token) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, t.String()) }
func (t Token) LogValue() slog.Value         { return slog.StringValue(t.String()) }
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Listeners are the addresses of a membership at which the hub's fleet listener answers: those without a scheme.
func Listeners(addresses []string) []string {
	return slices.DeleteFunc(slices.Clone(addresses), func(a string) bool { return strings.Contains(a, "://") })
}
