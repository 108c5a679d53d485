package httpwasm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jwk"
)

// node stands for a node of ours: it issues tokens and makes bundles.
type node struct {
	root, key coretest.OneOf
	folder    string // where the gateway has the bundle from
	epoch     uint64
}

func newNode(t testing.TB, algorithm string) *node {
	n := &node{coretest.NewOneOf("ES256", 1), coretest.NewOneOf(algorithm, 0), t.TempDir(), 0}
	n.root.Info.ID, n.key.Info.ID = "root", "k1"
	return n
}

// config is edgetoken.json with the root.
func (n *node) config(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../../wasm/httpwasm/edgetoken.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "${BUNDLE_ROOT}", public(t, n.root))
}

func public(t testing.TB, k coretest.OneOf) string {
	t.Helper()
	return jwk.Public(k.Info.ID, k.Info.Algorithm, k.PublicMaterial())
}

// publish writes a bundle that is good for so long, in which tokens of some customers that were issued by now are
// revoked.
func (n *node) publish(t testing.TB, lifetime time.Duration, revoked ...int64) {
	t.Helper()
	now := time.Now()
	n.epoch++
	b := &bundle.Bundle{
		Epoch: n.epoch, NotBefore: now.Unix() - 60, NotAfter: now.Add(lifetime).Unix(),
		Head: bundle.Head{Settings: core.DefaultSettings(), Users: core.IntegerID,
			Keys: []bundle.Key{{KeyInfo: n.key.Info, Material: n.key.PublicMaterial()}}},
	}
	for _, id := range revoked {
		b.CutOffs = append(b.CutOffs, bundle.CutOff{Subject: bundle.Subject(core.Integer(id)), At: now.UnixMilli()})
	}
	b.Sort()
	text, err := bundle.Sign(b.Append(nil), n.root.Info.ID, "ES256", nil, n.root.SignInput)
	if err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(n.folder, "part")
	if err := os.WriteFile(part, []byte(text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, filepath.Join(n.folder, "bundle.jws")); err != nil {
		t.Fatal(err)
	}
}

// token is a token of a customer that expires at a time. more are further claims, with a comma before each.
func (n *node) token(t testing.TB, id int64, exp time.Time, more string) string {
	t.Helper()
	return sign(n.key, fmt.Sprintf(`{"token_type":"access","exp":%d,"iat":%d,"jti":"%032x","user_id":"%d"%s}`,
		exp.Unix(), exp.Unix()-3600, id, id, more))
}

func sign(k coretest.OneOf, claims string) string {
	return k.Issue(`{"alg":"`+k.Info.Algorithm+`","kid":"`+k.Info.ID+`","typ":"JWT"}`, claims)
}
