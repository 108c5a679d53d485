// Package hostile sends a node what would fill its memory, of each kind that its authors could think of, and holds
// the process to the bound that "edgetoken config" states for its configuration: RssAnon of /proc/PID/status, looked
// at all the while.
//
// Each kind is sent 20 times, and 100 where connections stall, or as often as HOSTILE_REQUESTS says:
//
//	HOSTILE_REQUESTS=10000 go test -count=1 -v -timeout 60m ./testdata/hostile
package hostile
