package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// versionView is what version prints.
type versionView struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // with "-dirty" where files were changed; "unknown" where the build has none
	Go      string `json:"go"`
	ABI     int    `json:"abi"`
	// Module is the SHA-256 of the built-in module in hex, Full that of the self-contained one. Each is empty where
	// there is none.
	Module string `json:"module"`
	Full   string `json:"module_full"`
}

func versionCommand() *cobra.Command {
	return addJSON(&cobra.Command{
		Use:     "version",
		Short:   "print the version, and the hashes of the modules that are built in",
		Example: "  edgetoken version --json",
		Args:    wants(0),
		RunE: func(c *cobra.Command, _ []string) error {
			v := version()
			v.Module, v.Full = engine.EmbeddedHash(false), engine.EmbeddedHash(true)
			if wantsJSON(c) {
				return printJSON(c.OutOrStdout(), v)
			}
			const none = "none: run ./build.sh, which builds it in"
			return terminal.Table(c.OutOrStdout(), [][]string{
				{"edgetoken", v.Version}, {"commit", v.Commit}, {"go", v.Go}, {"abi", fmt.Sprint(v.ABI)},
				{"module", cmp.Or(v.Module, none)}, {"module, full", cmp.Or(v.Full, none)},
			})
		},
	})
}

// addVersionFlag adds --version, which prints one line: the name and the version.
func addVersionFlag(root *cobra.Command) {
	root.Version = version().Version
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
}

// version is what the build knows of itself, without the modules.
func version() versionView {
	v := versionView{Version: "unknown", Commit: "unknown", Go: runtime.Version(), ABI: abi.Version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(info.Main.Version, v.Version)
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	v.Commit += dirty
	return v
}
