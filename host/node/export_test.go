package node

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/store"
)

// RoomForTokens is how many bytes of a token fit in the room that the next request gets.
func RoomForTokens() int {
	j := tokenRequests.Get().(*tokenRequest)
	defer tokenRequests.Put(j)
	return cap(j.token)
}

// Messages read bytes as what nodes of a fleet say to each other, by kind, and encode it again.
var Messages = map[string]func([]byte) ([]byte, error){
	"refresh": func(b []byte) ([]byte, error) {
		token, err := readRefresh(b)
		return appendRefresh(nil, token), err
	},
	"log-out": func(b []byte) ([]byte, error) {
		m, err := readLogoutAll(b)
		return m.append(nil), err
	},
	"password": func(b []byte) ([]byte, error) {
		m, err := readNewPassword(b)
		return m.append(nil), err
	},
	"log-ins": func(b []byte) ([]byte, error) {
		m, err := readWhichLogins(b)
		return m.append(nil), err
	},
	"log-in": func(b []byte) ([]byte, error) {
		m, err := readWhichLogin(b)
		return m.append(nil), err
	},
	"listed": func(b []byte) ([]byte, error) {
		l, within, err := readLogins(b)
		return l.append(nil, within), err
	},
	"answer": func(b []byte) ([]byte, error) {
		a, err := readAnswer(b)
		return a.append(nil), err
	},
}

// Samples are messages, by kind.
func Samples() map[string][][]byte {
	pair := core.Outcome{Tokens: []core.Token{{Type: core.AccessToken, Value: "a.b.c"}, {Type: core.RefreshToken,
		Value: "d.e.f"}}}
	refused := core.Outcome{Refusals: []core.Refusal{{Cause: cause.Expired, Class: core.AccessToken}}}
	answers := [][]byte{answer{outcome: pair, repeated: true}.append(nil), answer{outcome: refused}.append(nil),
		answer{cutOff: 1790000000000}.append(nil), answer{fault: errUnknownFault}.append(nil)}
	for _, f := range faults[1:] {
		answers = append(answers, answer{fault: fmt.Errorf("no: %w", f)}.append(nil))
	}
	return map[string][][]byte{
		"refresh": {appendRefresh(nil, "a.b.c"), appendRefresh(nil, "")},
		"log-out": {logoutAll{token: "a.b.c"}.append(nil)},
		"password": {newPassword{email: "ana@example.com", current: "right", next: "new"}.append(nil),
			newPassword{client: netip.MustParsePrefix("192.0.2.0/24")}.append(nil)},
		"log-ins": {whichLogins{token: "a.b.c", offset: 50, limit: 50}.append(nil)},
		"log-in":  {whichLogin{token: "a.b.c", start: 1790000000000, bits: 5}.append(nil)},
		"listed": {listedLogins{}.append(nil, answers[0]), listedLogins{count: 70, list: []store.Login{{
			Family: core.FamilyKey{Start: 1790000000000, Bits: 5}, Used: time.UnixMilli(1790000000001).UTC(),
			Client: store.Client{Agent: "curl/8", Address: "192.0.2.0/24"}}}}.append(nil, answers[0])},
		"answer": answers,
	}
}

// HostileLists are answers to whichLogins that no honest hub gives.
func HostileLists() map[string][]byte {
	within := answer{}.append(nil)
	one := func(start, used int64, c store.Client) []byte {
		return listedLogins{count: 1, list: []store.Login{{Family: core.FamilyKey{Start: start, Bits: 5},
			Used: time.UnixMilli(used), Client: c}}}.append(nil, within)
	}
	const now = 1790000000000
	return map[string][]byte{
		"began never":         one(0, now, store.Client{}),
		"began before 1970":   one(-1, now, store.Client{}),
		"began after 9999":    one(lastMilli+1, now, store.Client{}),
		"began at the end":    one(math.MaxInt64, now, store.Client{}),
		"used before 1970":    one(now, -1, store.Client{}),
		"used at the end":     one(now, math.MaxInt64, store.Client{}),
		"a long agent":        one(now, now, store.Client{Agent: strings.Repeat("x", store.MaxAgent+1)}),
		"a long address":      one(now, now, store.Client{Address: strings.Repeat("x", store.MaxAddress+1)}),
		"no UTF-8":            one(now, now, store.Client{Agent: "\xff"}),
		"more than there are": listedLogins{list: make([]store.Login, 1)}.append(nil, within),
	}
}
