# Sourced by the scripts run of the hosts that speak JavaScript. They share a project in the cache, which has the
# package as `npm pack` makes it, beside its tests, the kit's runner and the runtimes of package.json.
set -euo pipefail

js=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$js/../../.." && pwd)
kit=$tree/testdata/kit
cache=${EDGETOKEN_HOSTS_CACHE:-${TMPDIR:-/tmp}/edgetoken-hosts-$(id -u)}/js
project=$cache/project
modules=$project/node_modules
out=${EDGETOKEN_HOSTS_OUT:-}
passed=0 failed=0 skipped=0

say() { echo "== $*"; }

# ends with the counts, as the last line.
closing() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}

# skip WHY ends where a host can't be had.
skip() {
  echo "skip: $*"
  skipped=$((skipped + 1))
  closing
  exit
}

# check NAME COMMAND… counts one check.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok   $name"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
  fi
}

# tally shows what it reads, and adds up the counts in the last line.
tally() {
  local line counts='^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$'
  while IFS= read -r line; do
    if [[ $line =~ $counts ]]; then
      passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
      return
    fi
    echo "$line"
  done
  failed=$((failed + 1))
  echo "FAIL it ended before it could count"
}

# install makes the project and enters it.
install() {
  command -v npm >/dev/null || skip "npm is missing; install Node 20 or later"
  mkdir -p "$project"
  exec 9>"$cache/lock"
  flock 9
  cd "$project"
  if ! cmp -s "$js/package-lock.json" installed.json; then
    say "installing runtimes"
    cp "$js"/package{,-lock}.json .
    npm ci --silent --no-audit --no-fund --ignore-scripts
    cp package-lock.json installed.json
  fi
  say "packing"
  npm install --silent --no-audit --no-fund --no-save "$("$tree/wasm/js/pack" "$cache/package")"
  cp "$tree"/wasm/js/test/*.js "$js"/*.js .
  flock -u 9
}

# everything HOST VERSION COMMAND… has a runtime run main.js: the package's tests, the kit and figures.
everything() {
  local host=$1 version=$2
  shift 2
  say "tests"
  tally < <("$@" main.js test 2>&1)
  [ -n "$out" ] || return 0
  say "kit"
  "$@" main.js kit "$kit" >"$out/$host.kit.jsonl"
  [ -n "${EDGETOKEN_HOSTS_FIGURES:-}" ] || return 0
  say "figures"
  {
    printf '{"host":"%s","what":"host","version":"%s"}\n' "$host" "$version"
    "$@" main.js figures "$host"
    for _ in 1 2 3; do
      "$@" main.js start "$host" helped
      "$@" main.js start "$host" jose
    done
  } >"$out/$host.figures.jsonl"
}
