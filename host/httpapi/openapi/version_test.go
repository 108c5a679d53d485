package openapi_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// TestSemanticVersion: whatever a build is called, packages can have the version.
func TestSemanticVersion(t *testing.T) {
	for build, want := range map[string]string{
		"v1.2.3":    "1.2.3",
		"1.2.3":     "1.2.3",
		"v2.0.0-rc": "2.0.0-rc",
		"v0.0.0-20261124104846-0123456789ab+dirty": "0.0.0-20261124104846-0123456789ab+dirty",
		"(devel)":            "0.0.0-dev+devel",
		"unknown":            "0.0.0-dev+unknown",
		"":                   "0.0.0-dev",
		"()":                 "0.0.0-dev",
		"1.2":                "0.0.0-dev+1.2",
		"v01.2.3":            "0.0.0-dev+v01.2.3",
		"1.2.3-01":           "0.0.0-dev+1.2.3-01",
		"1.2.3 of \"today\"": "0.0.0-dev+1.2.3.of.today",
	} {
		if got := openapi.SemanticVersion(build); got != want {
			t.Errorf("SemanticVersion(%q) = %q, want %q", build, got, want)
		}
	}
}
