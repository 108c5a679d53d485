package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
)

// errNotReloaded says that the reload changed nothing.
var errNotReloaded = errors.New("reload refused, the node goes on as it was")

// Reload reads configuration, keys and certificate again. It replaces everything that depends on them, or nothing.
// Requests in flight end on the generation that they began on.
func (s *Service) Reload() (admin.Reloaded, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	answer, err := s.exchange()
	s.metrics.reloaded(err == nil)
	if err != nil {
		for _, m := range mistakes(err) {
			s.log.Error("reload: " + m)
		}
		s.log.Error(errNotReloaded.Error())
		return admin.Reloaded{}, fmt.Errorf("%w: %w", errNotReloaded, err)
	}
	for _, w := range answer.Warnings {
		s.log.Warn(w)
	}
	if len(answer.Restart) > 0 {
		s.log.Warn("these keys are read at the start only: start the node again for their new values", "keys",
			answer.Restart)
	}
	s.log.Info("reloaded", "changed", answer.Changed)
	return answer, nil
}

// exchange builds everything new before it replaces anything.
func (s *Service) exchange() (admin.Reloaded, error) {
	running := s.current.Load()
	cfg, err := s.cfg.load()
	if err != nil {
		return admin.Reloaded{}, err
	}
	answer := admin.Reloaded{
		Restart: append([]string{}, cfg.Keep(running.cfg)...), Changed: append([]string{}, cfg.Changed(running.cfg)...),
		Warnings: append([]string{}, cfg.Warnings...),
	}
	var certificates *pair
	var certificateErr error
	if s.certificate != nil {
		certificates, certificateErr = readPair(cfg.TLSCert, cfg.TLSKey, cfg.TrustedBits)
	}
	cfg.Fleet.Hub, cfg.Fleet.Edge = running.cfg.Fleet.Hub, running.cfg.Fleet.Edge
	ctx := context.Background() // whoever asks for a reload does not cut it off
	g, ring, started, err := s.next(ctx, cfg)
	if err = errors.Join(err, certificateErr); err != nil {
		return admin.Reloaded{}, err
	}
	// The store keeps the longest lifetimes for good: only those that come into force are for it.
	if err = s.raiseLifetimes(ctx, g); err == nil {
		err = g.manager.Raise(ctx)
	}
	if err != nil {
		return admin.Reloaded{}, err
	}
	answer.Warnings = append(answer.Warnings, started.Warnings...)
	answer.Warnings = append(answer.Warnings, unfit(cfg, started.Signs)...)
	if w := earlierRefused(running.keys.Keys(), ring, s.now()); w != "" {
		answer.Warnings = append(answer.Warnings, w)
	}
	if w := claimsLeft(running.cfg.Claims, cfg.Claims); w != "" {
		answer.Warnings = append(answer.Warnings, w)
	}
	if s.certificate != nil {
		s.certificate.use(certificates)
	}
	s.use(g)
	return answer, nil
}

// next makes the generation of another configuration.
func (s *Service) next(ctx context.Context, cfg *config.Config) (*generation, *keyring.Ring, keys.Started, error) {
	g, err := s.begin(cfg)
	if err != nil {
		return nil, nil, keys.Started{}, err
	}
	started, err := g.manager.Check(ctx)
	if err != nil {
		return nil, nil, started, err
	}
	ring, err := g.manager.Ring(ctx)
	if err == nil {
		err = g.build(ctx, s, ring)
	}
	return g, ring, started, err
}

// earlierRefused is a warning where no key of ring takes what the signing key of old signs.
func earlierRefused(old, ring *keyring.Ring, now time.Time) string {
	signer := old.Set().SigningAt(now)
	if signer < 0 {
		return ""
	}
	was := old.Members()[signer]
	for _, is := range ring.Members() {
		named := is.Info.AnyID || is.Info.ID == was.Info.ID || was.Info.ID == "" && is.Info.Default
		if named && is.Info.Takes([]byte(was.Info.Algorithm)) && is.Key.ChecksAlike(was.Key) {
			return ""
		}
	}
	return "the signing key is another one: tokens that were issued until now are refused, and everybody has to log " +
		"in again"
}

// claimsLeft warns of claims that are no longer configured. Refresh tokens still have them, and a refresh copies
// claims that it does not know (simplejwt's RefreshToken.access_token).
func claimsLeft(old, claims claimmap.Members) string {
	var names []string
	for _, was := range old {
		if !slices.ContainsFunc(claims, func(m claimmap.Member) bool { return m.Name == was.Name }) {
			names = append(names, was.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "claims no longer has " + strings.Join(names, ", ") + ": log-ins until now go on with the value that they " +
		"have in the refresh token, until that expires " +
		"(REFRESH_TOKEN_LIFETIME); edgetoken token revoke --all --yes ends them"
}

// mistakes splits an error that joins several.
func mistakes(err error) []string {
	var report *config.Report
	if errors.As(err, &report) {
		var list []string
		for _, p := range report.Problems {
			list = append(list, p.String())
		}
		return list
	}
	return strings.Split(err.Error(), "\n")
}
