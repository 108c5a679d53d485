// Package ext stands in for the module of that name in Traefik's repository, which the Go proxy does not have.
package ext

// HTTP and Router extend the configuration in other editions of Traefik, and in this one by nothing.
type (
	HTTP   struct{}
	Router struct{}
)
