// Package logging keeps the log from deciding over the life of a node: records go to their destination on a goroutine
// of its own, from a buffer of bounded size, so that one that is slow, stuck or gone costs records and nothing else.
//
// The reading order: log.go (a logger and its end), writer.go (the buffer), repeats.go (what happens a thousand times
// a second is one record a second).
package logging
