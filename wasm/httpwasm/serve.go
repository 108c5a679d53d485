//go:build wasip1 && !kit

package main

import "time"

// serve handles a request at the time of WASI's clock. With the tag kit it answers a case of testdata/kit.
func serve() uint64 { return handle(time.Now().Unix()) }
