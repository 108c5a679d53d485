package hashing

import (
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// A process for passwords has the lowest priority. Beside a process that always wants the processor it gets a
// seventieth of it (sched(7)), and there may be several of those. So a hash may take two hundred times as long as
// alone, and the process needs some time to start.
const (
	leastDeadline = 15 * time.Second
	patience      = 200
)

// Deadline returns how long a job may take before its process counts as stuck: 23 seconds with password.Default.
func Deadline(j Job) time.Duration {
	effort := j.Params.Cost().Effort
	if check, err := password.CostOf(j.Encoded); err == nil {
		effort += check.Effort // if the password is good, it may be hashed anew
	}
	return (leastDeadline + patience*effort).Round(time.Second)
}
