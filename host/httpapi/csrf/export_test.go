package csrf

// SecretLength is the length of a secret, in characters.
const SecretLength = secretLength

var (
	NewSecret   = newSecret
	Mask        = mask
	Unmask      = unmask
	CheckFormat = checkFormat
	Same        = same
)
