package cache

// Settle has the cache do what it does by and by.
func (c *Cache) Settle() { c.entries.CleanUp() }
