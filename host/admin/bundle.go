package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
)

// BundleQuery asks for the trust bundle.
type BundleQuery struct {
	Since uint64 // the epoch from which a delta will do; 0: the whole
}

func (q BundleQuery) values() url.Values {
	if q.Since != 0 {
		return url.Values{"since": {strconv.FormatUint(q.Since, 10)}}
	}
	return nil
}

func bundleQueryOf(v url.Values) BundleQuery {
	since, _ := strconv.ParseUint(v.Get("since"), 10, 64)
	return BundleQuery{Since: since}
}

// Bundle answers ShowBundle.
type Bundle struct {
	Bundle string `json:"bundle"` // compact JWS
	Epoch  uint64 `json:"epoch"`
	Delta  bool   `json:"delta"` // it leads from the bundle that was named to this epoch
}

// showBundle makes the trust bundle, whether it is published or not.
func (s *server) showBundle(ctx context.Context, q BundleQuery, _ None) (Bundle, error) {
	if s.cfg.Bundle == nil {
		return Bundle{}, errors.New("no trust bundle is made here")
	}
	text, err := s.cfg.Bundle(ctx, q.Since)
	return Bundle{Bundle: string(text.JWS), Epoch: text.Epoch, Delta: text.Delta}, err
}

// Root answers ShowRoot and RotateRoot.
type Root struct {
	Root json.RawMessage `json:"root"` // public JWK, which verifiers pin
}

func (s *server) showRoot(ctx context.Context, _, _ None) (Root, error) {
	root, err := s.cfg.Keys.Root(ctx)
	if err != nil {
		return Root{}, err
	}
	text, err := root.JWK()
	return Root{json.RawMessage(text)}, err
}

func (s *server) rotateRoot(ctx context.Context, _, _ None) (Root, error) {
	root, err := s.cfg.Keys.RotateRoot(ctx)
	if err != nil {
		return Root{}, err
	}
	s.cfg.Log.Info("admin: root of trust bundles rotated", "kid", root.Key.ID())
	text, err := root.JWK()
	return Root{json.RawMessage(text)}, err
}
