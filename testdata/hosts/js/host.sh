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
ours=helped # the case of our own verifier at its start
source "$tree/.ci/counts.sh"

# skip WHY ends where a host can't be had.
skip() {
  echo "skip: $*"
  skipped=$((skipped + 1))
  closing
  exit
}

# broken WHAT counts what did not come to its end.
broken() {
  failed=$((failed + 1))
  echo "FAIL $1 ended before its end"
}

# install makes the project and enters it. Only one script at a time does so: the lock is held to its end.
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
}

# everything HOST VERSION COMMAND… runs the package's tests, the kit and measurements: what COMMAND makes of the words
# test, kit FOLDER, figures HOST and start HOST CASE, as main.js does.
everything() {
  local host=$1 version=$2
  shift 2
  say "tests"
  tally "$@" test
  [ -n "$out" ] || return 0
  say "kit"
  "$@" kit "$kit" >"$out/$host.kit.jsonl" || broken "the kit"
  [ -n "${EDGETOKEN_HOSTS_FIGURES:-}" ] || return 0
  say "figures"
  measurements "$host" "$version" "$@" >"$out/$host.figures.jsonl" || broken "the measurement"
}

measurements() {
  local host=$1
  printf '{"host":"%s","what":"host","version":"%s"}\n' "$host" "$2"
  shift 2
  "$@" figures "$host" || return
  for _ in 1 2 3; do
    "$@" start "$host" "$ours" && "$@" start "$host" jose || return
  done
}
