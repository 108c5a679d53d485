package coretest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/edgetoken/edgetoken/core/cause"
)

// Vector is one signature of a published example, from testdata/vectors. Each file names its source.
type Vector struct {
	Section   string          // where the source has it
	Algorithm string          `json:"alg"`
	Key       json.RawMessage // a JWK, as the source has it
	Input     string          // what was signed (RFC 7515 §5.2)
	Signature string          // base64url; empty where there is none
	// what a client would send: compact, or one of the JSON serialisations, which are no tokens
	Token string
	// Cause names the cause that an engine with the key gives for Token. If the claims of an example are no JSON
	// object, the cause is theirs: the signature comes first.
	Cause string
}

// Vectors are the examples of testdata/vectors/name.json.
func Vectors(tb testing.TB, name string) []Vector {
	tb.Helper()
	vectors, err := ReadVectors(name)
	if err != nil {
		tb.Fatal(err)
	}
	return vectors
}

// ReadVectors is Vectors outside tests.
func ReadVectors(name string) ([]Vector, error) {
	_, self, _, _ := runtime.Caller(0)
	b, err := os.ReadFile(filepath.Join(filepath.Dir(self), "..", "..", "testdata", "vectors", name+".json"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Source  string
		Vectors []Vector
	}
	if err := json.Unmarshal(b, &file); err != nil || file.Source == "" || len(file.Vectors) == 0 {
		return nil, fmt.Errorf("%s.json holds no source or no vectors: %v", name, err)
	}
	return file.Vectors, nil
}

// VectorFiles are the names for Vectors.
var VectorFiles = []string{"rfc7515", "rfc7520", "rfc8037"}

// JWK is the key with the algorithm, which the sources leave to the header of each example.
func (v Vector) JWK(tb testing.TB) []byte {
	tb.Helper()
	var members map[string]any
	if err := json.Unmarshal(v.Key, &members); err != nil {
		tb.Fatal(err)
	}
	members["alg"] = v.Algorithm
	b, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// SignatureGood reports whether an engine that gives this cause found the signature good: it looks at claims only then.
func SignatureGood(c cause.Cause) bool {
	return c == cause.OK || c == cause.BadClaims || c == cause.KeyForRefresh
}
