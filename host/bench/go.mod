module github.com/edgetoken/edgetoken/host/bench

go 1.26.0

require github.com/edgetoken/edgetoken v0.0.0

require (
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/tetratelabs/wazero v1.12.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/edgetoken/edgetoken => ../..
