package strictjson

// Quick and Slow are the two ways of Read.
func (f *Fields) Quick(src *Buffer, size int) bool { return f.quick(src, size) }
func (f *Fields) Slow(src *Buffer, size int) bool  { return f.slow(src, size) }

// Fits is Read for objects of a layout that was read before.
func (f *Fields) Fits(src *Buffer, size int) bool { return f.fits(src, size) }

// Recall is Read for objects that match one that was read before.
func (f *Fields) Recall(src *Buffer, size int) bool { return f.recall(src, size) }
