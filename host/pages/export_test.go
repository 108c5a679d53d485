package pages

var (
	Colour = colour
	Prose  = prose
)

type (
	Piece = piece
	Run   = run
)
