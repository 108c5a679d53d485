package auth

import "net/http"

// Traefik's fork of this package has these two besides. This build is for plug-ins, so no password is good.

func CheckSecret(_, _ string) bool { return false }

func (a *DigestAuth) RequireAuthStale(w http.ResponseWriter, r *http.Request) { a.RequireAuth(w, r) }
