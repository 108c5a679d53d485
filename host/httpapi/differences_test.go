package httpapi_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

// TestIDsTellTheirTime: what docs/api.md says of jti holds on both wires.
func TestIDsTellTheirTime(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		before := time.Now().Truncate(time.Millisecond)
		refresh, access := s.login(t)
		for name, token := range map[string]string{"refresh": refresh, "access": access} {
			var claims struct{ JTI string }
			text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
			if err == nil {
				err = json.Unmarshal(text, &claims)
			}
			id, ok := new(big.Int).SetString(claims.JTI, 16)
			if err != nil || !ok || len(claims.JTI) != 32 || claims.JTI[12] != '8' {
				t.Fatalf("%s: jti %q is no UUIDv8 (%v)", name, claims.JTI, err)
			}
			began := time.UnixMilli(1704067200000 + new(big.Int).Rsh(id, 87).Int64())
			if began.Before(before) || began.After(time.Now().Add(time.Minute)) {
				t.Errorf("%s: jti %q begins with %s, want that of the log-in, about %s", name, claims.JTI, began,
					before)
			}
			bit := func(at uint) int64 { return new(big.Int).Rsh(id, at).Int64() & 127 }
			if number := bit(80)<<7 | bit(69); number != 0 {
				t.Errorf("jti %q names node %d, want that of a node which never joined a fleet", claims.JTI, number)
			}
			if generation := claims.JTI[24:]; name == "refresh" && generation != "00000000" {
				t.Errorf("the generation of a new refresh token is %s", generation)
			}
		}
	})
}

// TestChunkedBodies are read on both wires.
func TestChunkedBodies(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		s := openShop(t, speaking(version, wire))
		const rest = `il":"ana@example.com","password":"right"}`
		w := servertest.Dial(t, servertest.Serve(t, server.Limits{}, s.Config.Handler.ServeHTTP))
		w.Send("POST /auth/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " +
			"application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"5\r\n{\"ema\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(rest), rest))
		answer, err := http.ReadResponse(bufio.NewReader(w), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%d %s %v", answer.StatusCode, body, err)
		}
	})
}
