package hashing

import (
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// A process for passwords has the lowest priority: beside one that wants the processor all the time it gets a hundredth of it. So a hash may take a hundred
// times what it takes alone, and some time for the process to start.
const (
	leastDeadline = 10 * time.Second
	patience      = 100
)

// Deadline is how long a job may take before its process is taken for stuck: 14 seconds with password.Default.
func Deadline(j Job) time.Duration {
	effort := j.Params.Effort()
	if j.Encoded != "" {
		effort += password.Effort(j.Encoded) // a good password may be hashed anew
	}
	return (leastDeadline + patience*effort).Round(time.Second)
}
