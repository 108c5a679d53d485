// Package python reads and writes numbers, blanks and texts as Python does: int(), float(), repr(), str.isspace() and
// json.dumps. Claims in tokens and texts in requests mean what Python makes of them, since the reference is written
// in it; both are read here, so that they agree.
package python
