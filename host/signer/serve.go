package signer

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// maxOrder bounds the body of a request, in bytes: a token has at most 64 KiB.
const maxOrder = 128 << 10

// Handler serves keys to clients: key pairs that are here, or keys that sign elsewhere in their turn.
func Handler(keys []keyring.Key) (http.Handler, error) {
	var members []keyring.Member
	var signing []core.SigningKey
	for i, k := range keys {
		if k.Symmetric() || !k.CanSign() {
			return nil, fmt.Errorf("key %s has no private key: a signer serves key pairs alone", k.ID())
		}
		members = append(members, keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}})
		signing = append(signing, core.SigningKey{Key: i})
	}
	ring, err := keyring.NewRing(members, signing)
	if err != nil {
		return nil, err
	}
	set := keyring.JWKS(keys)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, set) })
	mux.HandleFunc("POST /sign", func(w http.ResponseWriter, r *http.Request) {
		signature, status, err := sign(ring, w, r)
		body := map[string]string{"signature": base64.RawURLEncoding.EncodeToString(signature)}
		if err != nil {
			body = map[string]string{"error": err.Error()}
		}
		b, _ := json.Marshal(body) // texts always can be
		answer(w, status, b)
	})
	return mux, nil
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
}

// sign answers POST /sign.
func sign(ring *keyring.Ring, w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	var o order
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil || body.Decode(new(any)) != io.EOF {
		return nil, http.StatusBadRequest, errors.New("the body is not kid, alg and input in JSON")
	}
	input, err := base64.RawURLEncoding.Strict().DecodeString(o.Input)
	if err != nil {
		return nil, http.StatusBadRequest, errors.New("input is no base64url without padding")
	}
	for i, k := range ring.Set().Keys {
		if k.ID != o.KeyID {
			continue
		}
		if k.Algorithm != o.Algorithm {
			return nil, http.StatusBadRequest, fmt.Errorf("key %s is for %s", k.ID, k.Algorithm)
		}
		entropy := make([]byte, core.EntropyBytes)
		if _, err := rand.Read(entropy); err != nil {
			return nil, http.StatusInternalServerError, err
		}
		signature, err := ring.Sign(r.Context(), i, input, entropy)
		if err != nil {
			return nil, http.StatusServiceUnavailable, err
		}
		return signature, http.StatusOK, nil
	}
	return nil, http.StatusNotFound, errors.New("there is no such key")
}
