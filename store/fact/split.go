package fact

import "cmp"

// frameRoom is what a frame has room for beside its header and the longest signature, in bytes.
const frameRoom = MaxFrameBytes - 128*1024

// Runs are the facts of one commit, cut so that each run fits into a frame. One run is the rule. Facts join, so a node
// that has only the first runs yet is merely behind.
type Runs struct {
	List    [][]Fact
	Most    int // bytes of the facts of a run, unless one fact alone has more; 0: what fits into a frame
	size    int // of the last one, encoded
	encoded []byte
}

// Add adds a fact to the last run, or begins another.
func (r *Runs) Add(f Fact) {
	at := r.Next(f)
	if at == len(r.List) {
		r.List, r.size = append(r.List, nil), 0
	}
	r.List[at] = append(r.List[at], f)
	r.size += len(r.encoded)
}

// Next is the index of the run to which Add would add a fact.
func (r *Runs) Next(f Fact) int {
	r.encoded = Append(r.encoded[:0], f)
	last := len(r.List) - 1
	if last < 0 || r.size+len(r.encoded) > cmp.Or(r.Most, frameRoom) || len(r.List[last]) == MaxFrameFacts {
		return last + 1
	}
	return last
}
