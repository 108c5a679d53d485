package pages

var (
	Colour = colour
)

type (
	Piece = piece
)
