package logging

import (
	"log"
	"log/slog"
	"strings"
)

// ErrorLog returns a logger for the ErrorLog of an http.Server, which logs failures of connections. Clients can cause
// the same failure again and again, so each kind becomes one WARN a second.
func (r *Repeats) ErrorLog() *log.Logger { return log.New(serverLines{r}, "", 0) }

// serverLines makes a record of each line.
type serverLines struct{ *Repeats }

func (s serverLines) Write(line []byte) (int, error) {
	text := strings.TrimRight(string(line), "\n")
	s.Log(slog.LevelWarn, "server: "+kindOf(text), text)
	return len(line), nil
}

// kindOf returns the first three words of a line, such as "http: TLS handshake": what it shares with lines that say the
// same of another client.
func kindOf(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 3)], " ")
}
