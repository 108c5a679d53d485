package main

import (
	"bytes"
	"compress/gzip"
	"os"
)

// sizeRows are the modules under gzip -9, in MB.
func sizeRows() (rows []row) {
	for _, module := range []struct {
		name   string
		budget float64
	}{{"edgetoken-verify.wasm", 1.3}, {"edgetoken.wasm", 0}, {"edgetoken-full.wasm", 0}} {
		b, err := os.ReadFile("../../dist/" + module.name)
		check(err)
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		check(err)
		_, err = w.Write(b)
		check(err)
		check(w.Close())
		rows = append(rows, row{Name: module.name + ", gzip -9", Peer: "1 MB", Unit: "MB",
			Ours: float64(out.Len()) / 1e6, Theirs: 1, Budget: module.budget, Allocations: -1}.judged())
	}
	return rows
}
