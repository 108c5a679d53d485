module github.com/edgetoken/edgetoken/testdata/hosts/httpwasm

go 1.26.0

replace github.com/edgetoken/edgetoken => ../../..

require (
	github.com/edgetoken/edgetoken v0.0.0-00010101000000-000000000000
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/http-wasm/http-wasm-host-go v0.7.0
	github.com/tetratelabs/wazero v1.12.0
)

require golang.org/x/sys v0.50.0 // indirect
