package fact

import (
	"encoding/binary"
	"fmt"
)

// logPositionBytes is the length of a log position.
const logPositionBytes = 4 + 8 + 8

// AppendLogPosition appends how far a node has followed the log of the hub of its fleet: u32 epoch of the hub | u64
// incarnation | u64 sequence of the frame, big-endian. The epoch names the lineage: a restored hub begins another.
func AppendLogPosition(b []byte, epoch uint32, p Position) []byte {
	b = binary.BigEndian.AppendUint32(b, epoch)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, p.Incarnation), p.Sequence)
}

// ReadLogPosition reads what AppendLogPosition wrote. No bytes are epoch 0 and the position before all frames. The
// error is ErrMalformed.
func ReadLogPosition(b []byte) (epoch uint32, p Position, err error) {
	switch len(b) {
	case 0:
		return 0, Position{}, nil
	case logPositionBytes:
		p = Position{Incarnation: binary.BigEndian.Uint64(b[4:]), Sequence: binary.BigEndian.Uint64(b[12:])}
		return binary.BigEndian.Uint32(b), p, nil
	}
	return 0, Position{}, fmt.Errorf("log position of %d bytes: %w", len(b), ErrMalformed)
}
