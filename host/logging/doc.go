// Package logging keeps the log from stopping a node. A goroutine writes records to their destination from a bounded
// buffer, so a destination that is slow, stuck or gone costs records and nothing else.
//
// The reading order: log.go (a logger and its end), writer.go (the buffer), repeats.go (turns a flood of records into
// one a second), errorlog.go (what net/http logs).
package logging
