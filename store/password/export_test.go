package password

import "fmt"

// Reencode reads a hash and writes it again.
func Reencode(encoded string) (string, error) {
	h, err := parse(encoded)
	if err != nil {
		return "", err
	}
	return h.(fmt.Stringer).String(), nil
}
