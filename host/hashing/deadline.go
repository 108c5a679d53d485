package hashing

import (
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// A process for passwords has the lowest priority: beside one that wants the processor all the time it gets a
// seventieth of it (sched(7)), and there may be several. So a hash may take two hundred times what it takes alone,
// and some time for the process to start.
const (
	leastDeadline = 15 * time.Second
	patience      = 200
)

// Deadline is how long a job may take before its process is taken for stuck: 23 seconds with password.Default.
func Deadline(j Job) time.Duration {
	effort := j.Params.Effort()
	if j.Encoded != "" {
		effort += password.Effort(j.Encoded) // a good password may be hashed anew
	}
	return (leastDeadline + patience*effort).Round(time.Second)
}
