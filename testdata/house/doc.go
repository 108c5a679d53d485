// Package house holds the tree to what its documents say of it: which room may import which
// (docs/architecture.md), that comments and documents name only what exists, that reading orders are
// complete, and how wide a line may be.
package house
