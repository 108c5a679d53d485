package es256

// Table is what signatures are checked by.
type Table = table

// NewTable makes the table of a point.
var NewTable = newTable

// Verify is verify.
func (t *table) Verify(digest, signature []byte) bool { return t.verify(digest, signature) }

// What is bounded, and when tables are made and dropped.
const (
	MaxKeys = maxKeys
	Earned  = earned
	Idle    = idle
)

// Tables is how many tables there are.
func (c *Checker) Tables() (n int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, k := range c.keys {
		if k.table.Load() != nil {
			n++
		}
	}
	return n
}
