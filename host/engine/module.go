package engine

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
)

// modules holds what a build laid into the folder module.
//
//go:embed module
var modules embed.FS

// embedded is the module that was built into this package.
func embedded(selfContained bool) ([]byte, error) {
	name := "edgetoken.wasm"
	if selfContained {
		name = "edgetoken-full.wasm"
	}
	module, err := modules.ReadFile("module/" + name)
	if err != nil {
		return nil, errors.New("engine: this program was built without " + name +
			": depend on a release version, which " +
			"holds it, run ./build.sh in a checkout, or give the bytes as Config.Module")
	}
	return module, nil
}

// EmbeddedHash is the SHA-256 of the module that is built into this package, in hex; empty where there is none.
func EmbeddedHash(selfContained bool) string {
	module, err := embedded(selfContained)
	if err != nil {
		return ""
	}
	return hash(module)
}

func hash(module []byte) string {
	sum := sha256.Sum256(module)
	return hex.EncodeToString(sum[:])
}
