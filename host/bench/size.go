package main

import "os/exec"

// sizeRows are the modules under gzip -9, in MiB, as ./build.sh test bounds them.
func sizeRows() (rows []row) {
	for _, module := range []struct {
		name   string
		budget float64
	}{{"edgetoken-verify.wasm", 1.3}, {"edgetoken.wasm", 0}, {"edgetoken-full.wasm", 0}} {
		compressed, err := exec.Command("gzip", "-9", "-c", "../../dist/"+module.name).Output()
		check(err)
		rows = append(rows, row{Name: module.name + ", gzip -9", Peer: "1 MiB", Unit: "MiB",
			Ours: float64(len(compressed)) / (1 << 20), Theirs: 1, Budget: module.budget, Allocations: -1}.judged())
	}
	return rows
}
