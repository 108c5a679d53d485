package engine

import (
	"embed"
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
		return nil, errors.New("engine: this program was built without " + name + ": run ./build.sh in the edgetoken checkout first, or give the bytes as Config.Module")
	}
	return module, nil
}
