package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// importRows import a million customers from a dump of Django's, and compare a node that has them with one that has
// ten: log-ins, whose hashes cost next to nothing here, and refreshes.
func importRows() []row {
	if _, err := exec.LookPath("wrk"); err != nil {
		log.Print("no figures with a million customers: wrk is missing; install Debian's package wrk")
		return nil
	}
	many, few := importNode(million), importNode(10)
	defer many.stop()
	defer few.stop()
	rows := []row{
		{Name: "import of a million customers from dumpdata", Peer: "", Unit: "s", Ours: many.took.Seconds(),
			Allocations: -1, Note: fmt.Sprintf("%.0f customers/s; a dump of %d MiB, a store of %d MiB",
				million/many.took.Seconds(), many.dump>>20, many.file>>20)},
		row{Name: "anonymous memory, the most of that import", Peer: "200 MiB", Unit: "MiB", Ours: many.memory,
			Theirs: 200, Budget: 1, Allocations: -1}.judged(),
	}
	for _, m := range []struct{ path, a, b string }{
		{"/auth/token/", many.logIns(), few.logIns()},
		{"/auth/token/refresh/", many.refreshes(), few.refreshes()},
	} {
		r := row{Name: "POST " + m.path + ", a million imported", Peer: "the same with ten", Unit: "req/s",
			Budget: 1 / 1.2, AtLeast: true, Allocations: -1}
		r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+many.at+m.path, m.a, "http://"+few.at+m.path, m.b)
		rows = append(rows, r.judged())
	}
	return rows
}

// importedNode is a node whose customers were imported.
type importedNode struct {
	*process
	at         string
	customers  int
	took       time.Duration // of the import
	memory     float64       // the most anonymous memory of the import, MiB
	dump, file int64         // bytes
}

func importNode(n int) *importedNode {
	i := &importedNode{newProcess(command(), "serve", "--config", "edgetoken.yaml"), address(), n, 0, 0, 0, 0}
	config := "listen: " + i.at + "\ndata: data\nlog: {level: error}\ntoken_cache: 0\n" +
		"password: {memory: 8, iterations: 1}\n"
	check(os.WriteFile(filepath.Join(i.dir, "edgetoken.yaml"), []byte(config), 0o600))
	dump := filepath.Join(i.dir, "dump.json")
	writeDump(dump, n)
	i.dump = fileSize(dump)
	c := exec.Command(command(), "customers", "import", "--config", "edgetoken.yaml", dump)
	c.Dir, c.Stderr = i.dir, os.Stderr
	began := time.Now()
	check(c.Start())
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for running := true; running; {
		select {
		case err := <-ended:
			check(err)
			running = false
		case <-time.After(20 * time.Millisecond):
			if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid)); err == nil &&
				strings.Contains(string(status), "RssAnon:") {
				i.memory = max(i.memory, anonymous(c.Process.Pid))
			}
		}
	}
	i.took = time.Since(began)
	i.file = fileSize(filepath.Join(i.dir, "data", "store.db"))
	i.serve("http://" + i.at + "/healthz")
	return i
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	check(err)
	return info.Size()
}

// bodies are log-ins of all customers that can log in.
func (i *importedNode) bodies() (list []string) {
	for n := 0; n < i.customers; n += dumpStep(i.customers) {
		list = append(list, fmt.Sprintf(`{"email":%q,"password":%q}`, dumped(n), password))
	}
	return list
}

// logIns is a script for wrk that logs them in, one after the other.
func (i *importedNode) logIns() string { return postInTurn(i.bodies()) }

// refreshes is a script for wrk that refreshes a log-in of each.
func (i *importedNode) refreshes() string {
	var list []string
	for _, body := range i.bodies() {
		list = append(list, `{"refresh":"`+logInWith(i.at, body).Refresh+`"}`)
	}
	return postInTurn(list)
}

// postInTurn is a script for wrk that posts one body after the other.
func postInTurn(bodies []string) string {
	var b strings.Builder
	b.WriteString("local bodies = {")
	for _, body := range bodies {
		fmt.Fprintf(&b, "[==[%s]==],", body)
	}
	b.WriteString(`}
local i = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  i = i % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[i])
end`)
	return b.String()
}
