package service_test

import (
	"net"
	"testing"

	"github.com/edgetoken/edgetoken/host/service"
)

func TestListen(t *testing.T) {
	for address, want := range map[string]string{"0.0.0.0:0": "0.0.0.0", "127.0.0.1:0": "127.0.0.1"} {
		l, err := service.Listen(address, "--listen")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if host, _, _ := net.SplitHostPort(l.Addr().String()); host != want {
			t.Errorf("listen(%q) listens on %s, want %s alone", address, host, want)
		}
	}
}
