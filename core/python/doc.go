// Package python reads and writes numbers and blanks as Python does: int(), float(), repr() and str.isspace(). Claims
// in tokens and texts in requests mean what Python makes of them, since the reference is written in it; both are read
// here, so that they agree.
package python
