package pages

import "io"

// FleetData is the page that shows the fleet of a node to its staff. It holds nothing secret.
type FleetData struct {
	Frame
	Name    string
	Hub     bool // this node is the hub; else an edge
	Number  int  // of this node
	Warning string
	Facts   []Named // what an edge knows of its hub
	Nodes   []FleetNode
}

// FleetNode is a row of the table of nodes. Texts that are "" are not known here.
type FleetNode struct {
	Number                         int
	Name                           string
	State                          string // connected, behind, away or withdrawn
	Own                            bool   // it is this node
	Heard, Waiting, Clock, Version string
	Differs                        bool // its configuration differs where it must not
}

// Tone is how the state of the node looks.
func (n FleetNode) Tone() string {
	switch n.State {
	case "connected":
		return "good"
	case "behind":
		return "open"
	case "away":
		return "bad"
	}
	return ""
}

var fleetPage = parse("fleet")

// Fleet writes the page that shows the fleet.
func Fleet(w io.Writer, d FleetData) error { return write(w, fleetPage, d) }
