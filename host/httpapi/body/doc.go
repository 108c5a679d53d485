// Package body reads the bodies of requests: as Django REST framework's parsers do for views (Data), and as Django does
// for pages (Form).
//
// Their bytes are read once, and a server.Held holds them. A large body takes a turn from when it has been read until
// it is dropped, since a parsed body takes many times its length.
package body
