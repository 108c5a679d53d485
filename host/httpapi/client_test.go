package httpapi_test

import (
	"net/netip"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi"
)

func TestCoarse(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "127.0.0.1": "127.0.0.0/24", "2001:db8:1:2:3::4": "2001:db8:1::/48",
		"::1": "::/48",
	} {
		if got := httpapi.Coarse(netip.MustParseAddr(address)); got != want {
			t.Errorf("coarse(%s) = %q, want %q", address, got, want)
		}
	}
	if got := httpapi.Coarse(netip.Addr{}); got != "" {
		t.Errorf("coarse of no address = %q", got)
	}
}
