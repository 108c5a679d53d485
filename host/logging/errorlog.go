package logging

import (
	"log"
	"log/slog"
	"strings"
)

// ErrorLog is what an http.Server writes to that has something to say of a connection. Clients can make it say the
// same again and again: each kind is one WARN a second.
func (r *Repeats) ErrorLog() *log.Logger { return log.New(serverLines{r}, "", 0) }

// serverLines makes a record of each line.
type serverLines struct{ *Repeats }

func (s serverLines) Write(line []byte) (int, error) {
	text := strings.TrimRight(string(line), "\n")
	s.Log(slog.LevelWarn, "server: "+kindOf(text), text)
	return len(line), nil
}

// kindOf is what a line has in common with others that tell the same of another client: its first three words, as in
// "http: TLS handshake".
func kindOf(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 3)], " ")
}
