package fact

// frameRoom is what a frame has room for beside its header and the longest signature, in bytes.
const frameRoom = MaxFrameBytes - 128*1024

// Split cuts the facts of one commit into runs that each fit into a frame; mostly there is one. Since facts join, a
// node that has only the first of several frames is merely behind.
func Split(facts []Fact) (runs [][]Fact) {
	var encoded []byte
	start, size := 0, 0
	for i, f := range facts {
		encoded = Append(encoded[:0], f)
		if size += len(encoded); size > frameRoom || i-start == MaxFrameFacts {
			runs = append(runs, facts[start:i])
			start, size = i, len(encoded)
		}
	}
	if start < len(facts) {
		runs = append(runs, facts[start:])
	}
	return runs
}
