package core_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

func TestNative(t *testing.T) {
	coretest.Run(t, func(t *testing.T, s core.Settings, keys core.Keys) core.Engine { return core.NewNative(s, keys) })
}
