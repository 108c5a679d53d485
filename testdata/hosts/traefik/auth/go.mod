module github.com/abbot/go-http-auth

go 1.26

require (
	golang.org/x/crypto v0.1.0
	golang.org/x/net v0.1.0
)
