package openapi

import (
	"regexp"
	"strings"
)

// semver matches a version (Semantic Versioning 2.0.0, §2, §9 and §10).
var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`)

// unreleased is the version of a build that has none.
const unreleased = "0.0.0-dev"

// SemanticVersion is the version of a build as generators of clients want it, which make it that of a package. A build
// without one, such as "(devel)", gets a version before all releases, with its name after the plus sign:
// 0.0.0-dev+devel.
func SemanticVersion(build string) string {
	if version := strings.TrimPrefix(build, "v"); semver.MatchString(version) {
		return version
	}
	words := strings.FieldsFunc(build, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	})
	if len(words) == 0 {
		return unreleased
	}
	return unreleased + "+" + strings.Join(words, ".")
}
