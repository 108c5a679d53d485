package main

import "testing"

func TestChild(t *testing.T) {
	const program = `echo "a library 1.2"
while read -r verb argument; do
  case $verb in
    run) echo "$((argument * 3)).5" ;;
    try) echo "no: $argument" ;;
  esac
done`
	c := startChild([]string{"sh", "-c", program}, "")
	defer c.stop()
	if c.version != "a library 1.2" {
		t.Errorf("version = %q", c.version)
	}
	if got := c.run(2); got != 3.25 {
		t.Errorf("run(2) = %v, want 3.25: microseconds of one", got)
	}
	if got := c.try("a.b.c"); got != "no: a.b.c" {
		t.Errorf("try() = %q", got)
	}
}
