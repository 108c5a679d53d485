package service

import (
	"context"
	"errors"

	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// errBundleOff says that the hub makes no trust bundle.
const errBundleOff = "bundle.publish is off at the hub"

// bundleSource is what trust bundles are made of.
func bundleSource(cfg *config.Config, ring *keyring.Ring, manager *keys.Manager) bundle.Source {
	return bundle.Source{Settings: &cfg.Settings, Field: userIDField(cfg), Ring: ring, Manager: manager,
		Lifetime: cfg.BundleLifetime, Behind: manager.Behind()}
}

// bundle is the trust bundle, or a delta to it. The hub of a fleet makes it for all nodes.
func (g *generation) bundle(ctx context.Context, s *Service, since uint64) (bundle.Text, error) {
	if r := s.fleet.relayed(); r != nil {
		return r.Bundle(ctx, since)
	}
	return s.bundles.Bundle(ctx, bundleSource(g.cfg, g.keys.Keys(), g.manager), since)
}

// answerBundle answers at the hub what an edge asks for trust bundles.
func (g *generation) answerBundle(ctx context.Context, s *Service, request []byte) ([]byte, error) {
	if !g.cfg.BundlePublish {
		return bundle.AnswerAbsent(errBundleOff), nil
	}
	return s.bundles.Answer(ctx, bundleSource(g.cfg, g.keys.Keys(), g.manager), request)
}

// publishedBundle has the API give the trust bundle; nil where it is not published.
func (g *generation) publishedBundle(s *Service) func(context.Context, uint64) (httpapi.TrustBundle, error) {
	if !g.cfg.BundlePublish {
		return nil
	}
	return func(ctx context.Context, since uint64) (httpapi.TrustBundle, error) {
		text, err := g.bundle(ctx, s, since)
		var absent *bundle.AbsentError
		switch {
		case errors.Is(err, bundle.ErrNoKeys), errors.As(err, &absent):
			return httpapi.TrustBundle{Absent: "There is no trust bundle: " + err.Error() + "."}, nil
		case err != nil:
			return httpapi.TrustBundle{}, err
		}
		return httpapi.TrustBundle{JWS: text.JWS, ETag: text.ETag}, nil
	}
}

// bundleFigures are those of the trust bundle; none before the first.
func bundleFigures(s *Service) figures {
	return figures{[]figure{
		gauge("edgetoken_bundle_epoch", "Epoch of the last trust bundle, which is when it was made, in Unix "+
			"milliseconds."),
		gauge("edgetoken_bundle_age_seconds", "How old the last trust bundle is."),
		gauge("edgetoken_bundle_bytes", "Size of the last trust bundle."),
		gauge("edgetoken_bundle_families", "Log-ins that it says were revoked."),
		gauge("edgetoken_bundle_cut_offs", "Customers whose log-ins it says have ended."),
	}, func() []float64 {
		b := s.bundles.Figures()
		if r := s.fleet.relayed(); r != nil {
			b = r.Figures()
		}
		if b.Epoch == 0 {
			return nil
		}
		return []float64{float64(b.Epoch), s.now().Sub(b.Made).Seconds(), float64(b.Bytes), float64(b.Families),
			float64(b.CutOffs)}
	}}
}
