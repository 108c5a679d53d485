package main

import (
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
)

// connect finds the running node of a data directory, or opens the store. mayMake makes a directory and a store where
// there are none.
func connect(cfg *config.Config, engine string, mayMake bool) (_ *admin.Client, notes []string, err error) {
	if c, err := dialAdmin(cfg); c != nil || err != nil {
		return c, nil, err
	}
	datadir.PrivateFiles()
	return service.Offline(cfg, engine, mayMake)
}

// dialAdmin connects to the node of a data directory; nil where none listens.
func dialAdmin(cfg *config.Config) (*admin.Client, error) {
	dir := datadir.Of(cfg)
	return admin.Dial(dir.Socket(), dir.Private)
}
