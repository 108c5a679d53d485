#!/usr/bin/env bash
# Builds, runs and checks edgetoken. Needs Go 1.26 or later and git; works from any folder.
#
#   ./build.sh                 builds dist/*.wasm and bin/edgetoken
#   ./build.sh run [flags]     builds, then runs a node with a demo customer (bin/edgetoken demo)
#   ./build.sh component       builds, then makes dist/edgetoken-verify.component.wasm; needs Node.js with npm
#   ./build.sh test            runs the whole check; the last line counts: N passed, N failed, N skipped
#   ./build.sh test-peers      replays the recorded exchanges with their own program, compares with real Djangos, moves
#                              from them and back as docs/moving.md says, checks the pages and edgetoken-client in
#                              Chromium, uses our clients as strangers do, runs generated clients of six languages,
#                              signs with keys in SoftHSM and exchanges tokens with seven JOSE libraries. Installs what
#                              these need, Chromium and SoftHSM only as root. Needs python3, python3.11, Node.js with
#                              npm, a JDK with Maven, Rust, a C compiler, curl, jq and openssl. Counts in the same form
#   ./build.sh test-hosts [--write | HOST…]
#                              has each host in testdata/hosts verify the cases of testdata/kit and tests what runs
#                              there, or HOSTs alone, and compares what they say. Installs what the hosts need; nginx
#                              and HAProxy only as root. Needs python3 and Node.js with npm. --write measures too, and
#                              writes testdata/hosts/table.txt and the table of docs/performance.md. Counts in the
#                              same form
#   ./build.sh bench [quick | peers]
#                              measures what docs/performance.md reports, beside peers (needs wrk); quick takes a minute
#                              and a half and runs no servers; peers are verifiers of Rust, Node.js and Python alone,
#                              which it builds and installs, and whose table it writes
#   ./build.sh fuzz [seconds]  runs each fuzz target in turn, for a minute each unless told otherwise
#
# With CI=true, `test`, `test-peers` and `test-hosts` count what is skipped as failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

GO_WANTED=1.26
TOPICS="obtain refresh verify authorization claims blacklist text bodies http settings permissions browser revocation \
  sliding rotation hashes"
ENGINES="wasm wasm-full native"

# Go packages below testdata, which ./... skips: those with tests, and all.
TESTDATA="./testdata/kill ./testdata/hostile ./testdata/powercut ./testdata/house ./testdata/kit \
  ./testdata/ports ./testdata/hosts/compare"
TESTDATA_ALL="$TESTDATA ./testdata/fleetsim ./testdata/faultdisk ./testdata/hosts/envoy ./testdata/interop/parsers \
  ./testdata/kit/generate ./testdata/clients/share ./testdata/clients/worker"

# SLOWEST are the packages whose tests take longest, that first.
SLOWEST="./host/httpapi ./store ./host/engine ./host/node ./host/service ./host/fleet \
  ./testdata/powercut ./host/keys"

# UNRACED are packages whose tests run without the race detector. Those of the command start it some hundred times,
# which takes nine minutes with it instead of half a minute; what goes on at the same time in a node is tested with it
# in host/service. Simulated fleets take several times as long, too; host/fleet has the same code in its tests.
# store/password hashes, and starts nothing.
UNRACED="./host/cmd/edgetoken ./testdata/fleetsim ./store/password"

# ONE_THREAD are tests of ONE_THREAD_IN that do one thing after the other, many times, some in two threads that share
# nothing. The race detector would find nothing in them, and takes up to ten times as long. What TestConformance
# replays, TestSecureDifferences replays with the detector. TestWaitingLoginsKeepLittle measures memory, of which the
# detector takes more. testdata/house checks that no other package has tests of these names.
ONE_THREAD_IN="./host/httpapi ./host/engine ./store ./core ./host/config ./host/keys ./host/node"
ONE_THREAD="TestConformance|TestNothingAnswersBeforeTheCheck|TestCheckAnswersEveryMethod\
|TestSeedsAgree|TestWasm|TestWasmFull|TestWasmVerify|TestNoKeyInTheGuest|TestNoIDRepeats\
|TestHistories|TestHistoriesFind|TestAdoptHistories|TestCheckDamagedPages|TestWaitingIsBounded|TestCompactAfterPurge\
|TestRememberedIsBounded|TestUpgradeGoesOn|TestUpgradeFrom3|TestChecks|TestEnded|TestJudgeIsAuthenticate\
|TestNoTextOfTheFileIsShown|TestKeysFitTheSandbox|TestClockSteps|TestWaitingLoginsKeepLittle"

source .ci/counts.sh
die() { echo "build.sh: $*" >&2; exit 2; }

# tools checks that git is installed, and Go in a recent enough version.
tools() {
  command -v git >/dev/null ||
    die "git is missing; install it (Debian: apt-get install git, macOS: xcode-select --install)"
  command -v go >/dev/null || die "Go is missing; install Go $GO_WANTED or later from https://go.dev/dl/"
  local version
  # In this folder an older Go may fetch the one that go.mod asks for; GOVERSION is then that one's.
  version=$(go env GOVERSION 2>/dev/null) || version=$(cd / && go env GOVERSION)
  version=${version#go}
  local major=${version%%.*} minor=${version#*.}
  minor=${minor%%[!0-9]*}
  case "$major$minor" in
    '' | *[!0-9]*) die "this Go calls itself '$version'; install Go $GO_WANTED or later from https://go.dev/dl/" ;;
  esac
  [ "$major" -gt 1 ] || [ "$minor" -ge "${GO_WANTED#*.}" ] ||
    die "Go $version is too old; install Go $GO_WANTED or later from https://go.dev/dl/"
}

# module NAME [TAGS [FLAGS…]] builds dist/NAME.wasm and dist/NAME.wasm.sha256 from $guest. The build is reproducible:
# neither paths nor commits go in.
guest=wasm/edgetoken
module() {
  GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -buildvcs=false -ldflags="-s -w" -tags="${2:-}" \
    "${@:3}" -o "dist/$1.wasm" "./$guest" && sum "$1.wasm"
}

# sum FILE writes dist/FILE.sha256, which sha256sum -c reads.
sum() {
  if command -v sha256sum >/dev/null; then
    (cd dist && sha256sum "$1" >"$1.sha256")
  else
    (cd dist && shasum -a 256 "$1" >"$1.sha256") # macOS
  fi
}

# SMALL are the flags that turn inlining off for some packages.
SMALL=()
while read -r package; do
  [[ $package == '#'* ]] || SMALL+=("-gcflags=$package=-l")
done <wasm/noinline.txt

# modules builds all of them and lays the two that host/engine embeds into its folder.
modules() {
  mkdir -p dist host/engine/module &&
    module edgetoken '' -gcflags=runtime=-l && module edgetoken-full full &&
    module edgetoken-verify verify "${SMALL[@]}" &&
    guest=wasm/httpwasm module edgetoken-httpwasm '' "${SMALL[@]}" &&
    guest=wasm/envoy module edgetoken-envoy &&
    cp dist/edgetoken.wasm dist/edgetoken-full.wasm host/engine/module/
}

# sizes holds the modules that are carried into other hosts to their bounds, in bytes of gzip -9.
sizes() {
  local module bound size wrong=0
  while read -r module bound; do
    size=$(gzip -9 -c "dist/$module" | wc -c)
    echo "$module: $size bytes, at most $bound"
    [ "$size" -le "$bound" ] || wrong=1
  done <<<"edgetoken.wasm 830000
edgetoken-verify.wasm 1363148"
  return $wrong
}

command_line() {
  local vcs=auto
  # There may be no commit to stamp: in an unpacked archive, or in a folder of another user's.
  git rev-parse --verify -q HEAD >/dev/null 2>&1 || vcs=false
  CGO_ENABLED=0 go build -trimpath -buildvcs=$vcs -o bin/edgetoken ./host/cmd/edgetoken
}

build() { modules && command_line; }

# built says what build made, a line each.
built() {
  echo "bin/edgetoken               the command, $(bin/edgetoken version | awk 'NR == 1 { print $2 }')"
  echo "dist/edgetoken.wasm         the module that leaves signatures to its host"
  echo "dist/edgetoken-full.wasm    the self-contained module"
  echo "dist/edgetoken-verify.wasm  the self-contained module that only checks"
  echo "dist/edgetoken-envoy.wasm   the filter for Envoy"
  echo "dist/edgetoken-httpwasm.wasm  the plug-in for Traefik and other hosts of http-wasm"
}

# shown NAME COMMAND… is check for what has figures to show: its output is shown in any case.
shown() {
  local name=$1
  shift
  if "$@" 2>&1; then
    passed=$((passed + 1))
    echo "ok   $name"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
  fi
}

gofmt_clean() {
  local bad
  bad=$("$(go env GOROOT)/bin/gofmt" -l .) || return
  [ -z "$bad" ] || { printf 'run gofmt -w on these:\n%s\n' "$bad"; return 1; }
}

vet_guest() {
  local tags
  for tags in '' full verify panics kit; do
    GOOS=wasip1 GOARCH=wasm go vet -tags="$tags" ./core/... ./wasm/... || return
  done
}
linter() { go tool -modfile=.ci/go.mod "$@"; }

# lint_guest lints what is built for wasip1 alone. What a guest exports counts as unused there.
lint_guest() {
  local tool
  tool=$(go tool -modfile=.ci/go.mod -n staticcheck) &&
    GOOS=wasip1 GOARCH=wasm "$tool" -checks=inherit,-U1000 ./core/... ./wasm/...
}

# vulnerabilities asks govulncheck, which needs its database from the network.
vulnerabilities() {
  local out
  if out=$(linter govulncheck ./... 2>&1); then
    passed=$((passed + 1))
    echo "ok   govulncheck"
  elif [[ $out == *"fetching vulnerabilities"* ]]; then
    echo "note govulncheck did not run: its database, https://vuln.go.dev, cannot be reached"
  else
    failed=$((failed + 1))
    printf 'FAIL govulncheck\n%s\n' "$out"
  fi
}

# race prints -race where the race detector can be linked.
race() {
  if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
    echo -race
  elif in_ci; then
    return 1
  else
    echo "note without -race: the race detector needs a C compiler; install gcc or clang" >&2
  fi
}

run_tests() {
  local detector
  detector=$(race) || die "in CI the race detector must run; install gcc or clang"
  say "build and checks"
  check "modules and command" build
  check "sizes of modules" sizes
  check "gofmt" gofmt_clean
  check "go vet" go vet ./... $TESTDATA_ALL
  check "go vet for wasip1" vet_guest
  check "go vet without NATS" go vet -tags nofleet ./...
  check "go vet of .ci" go -C .ci vet ./...
  check "go vet of host/bench" go -C host/bench vet ./...
  check "tests of host/bench" go -C host/bench test ./...
  check "staticcheck" linter staticcheck $(go list ./... | grep -v /wasm/envoy) $TESTDATA_ALL
  check "staticcheck for wasip1" lint_guest
  check "staticcheck of host/bench" go -C host/bench tool -modfile=../../.ci/go.mod staticcheck ./...
  if [ -n "$detector" ]; then # it links a C library, as the race detector does
    check "go vet of host/signer/pkcs11" go -C host/signer/pkcs11 vet ./...
    check "staticcheck of host/signer/pkcs11" \
      go -C host/signer/pkcs11 tool -modfile=../../../.ci/go.mod staticcheck ./...
  fi
  vulnerabilities
  say "tests${detector:+ with the race detector}"
  # With the race detector compiling a module takes several times as long, so it is done once, without, for all
  # packages.
  MODULE_TEST_CACHE=$(mktemp -d)
  export MODULE_TEST_CACHE
  trap 'rm -rf "$MODULE_TEST_CACHE"' EXIT
  check "100,000 damaged configurations show no secret" \
    env EDGETOKEN_TEST_DAMAGED=100000 go test -count=1 -run '^TestNoTextOfTheFileIsShown$' ./host/config
  check "10,000 histories of a fleet end in one state" \
    env EDGETOKEN_HISTORIES=10000 go test -count=1 -run '^TestHistories$' ./store
  check "all modules and the soak, before all other tests" \
    go test -count=1 -run '^(TestWasm|TestWasmFull|TestWasmVerify|TestSoak)$' ./host/engine
  # -count=1: several tests build programs that the test cache knows nothing of. Folders named testdata are not in ./...
  # -vet=off: go vet has checked all of them above. The slowest packages start first, so that none runs alone at the
  # end.
  suite() {
    {
      go test -vet=off -count=1 -timeout=20m -json $UNRACED 2>&1 || true
      go test -vet=off -count=1 -timeout=20m -json -run "^($ONE_THREAD)\$" $ONE_THREAD_IN 2>&1 || true
      go test $detector -vet=off -count=1 -timeout=20m -json -skip "^($ONE_THREAD)\$" $SLOWEST \
        $(go list ./... | grep -vxF "$(go list $UNRACED)") $TESTDATA 2>&1 || true
    } | go -C .ci run ./count
  }
  tally suite
  say "all"
  verdict
}

run_peers() {
  local version engine port base files topic out line
  if ! command -v python3 >/dev/null; then
    echo "skip the recorded exchanges: python3 is missing; install Python 3.8 or later"
    skipped=$((skipped + 6))
    verdict
  fi
  base=testdata/conformance
  port=$(python3 testdata/ports/ports.py)
  out=$(mktemp)
  trap 'rm -f "$out"; '"$base/setup --stop $port"' >/dev/null 2>&1 || true' EXIT
  for engine in $ENGINES; do
    for version in 5.5 5.2; do
      files=()
      for topic in $TOPICS; do # revocation is in 5.5 only
        [ ! -e "$base/$version/$topic.json" ] || files+=("$base/$version/$topic.json")
      done
      EDGETOKEN_ENGINE=$engine python3 "$base/replay.py" --strict-raw \
        --base "http://127.0.0.1:$port" --setup-cmd "$base/setup" "${files[@]}" >"$out" 2>&1 || true
      line=$(tail -n 1 "$out")
      sed '$d' "$out"
      echo "replay $version, engine $engine: $line"
      add "$line"
    done
  done
  django_parsers 5.5 1000000
  django_parsers 5.2 100000
  shown "10,000 requests to real Djangos" env EDGETOKEN_ENGINE=wasm python3 testdata/interop/run --requests 10000
  EDGETOKEN_ENGINE=wasm tally testdata/interop/move/run
  our_clients
  in_browser
  EDGETOKEN_ENGINE=wasm tally testdata/generators/run
  in_softhsm
  EDGETOKEN_ENGINE=wasm tally testdata/interop/libraries/run
  verdict
}

# in_softhsm signs with keys in SoftHSM, which root has installed.
in_softhsm() {
  local said
  if ! command -v softhsm2-util >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null ||
      ! said=$({ apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y softhsm2; } 2>&1); then
      echo "skip keys in SoftHSM: softhsm2 is missing; install it (Debian: apt-get install softhsm2)"
      [ -z "${said:-}" ] || tail -n 3 <<<"$said"
      skipped=$((skipped + 1))
      return
    fi
  fi
  shown "keys in SoftHSM" env CGO_ENABLED=1 go -C host/signer/pkcs11 test -count=1 -v .
}

# our_clients uses the clients of host/client as strangers do.
our_clients() {
  local missing
  if ! missing=$(testdata/clients/setup); then
    echo "skip our clients: $missing"
    skipped=$((skipped + 1))
    return
  fi
  EDGETOKEN_ENGINE=wasm tally testdata/clients/run
}

# in_browser runs the scenarios in Chromium.
in_browser() {
  local missing
  if ! missing=$(testdata/browser/setup) || ! missing=$(testdata/clients/setup); then
    echo "skip the pages in Chromium: $missing"
    skipped=$((skipped + 1))
    return
  fi
  EDGETOKEN_ENGINE=wasm tally testdata/browser/run
}

# django_parsers VERSION JSON compares the readers of bodies with Django's own, with that many JSON bodies, and the
# table of keys with PyJWT. It takes log-outs to a node and back.
django_parsers() {
  local version=$1 python
  if ! python=$(testdata/interop/setup --install "$version"); then
    failed=$((failed + 1))
    echo "FAIL Django's parsers, $version: $python"
    return
  fi
  shown "Django's keys, $version" "$python" testdata/interop/keys.py "$version" host/keyring/testdata/keys.json
  shown "log-outs of Django, $version" "$python" testdata/interop/logouts.py "$version"
  shown "Django's parsers, $version" bash -o pipefail -c \
    '"$0" testdata/interop/parsers/oracle.py "$1" "$2" 100000 100000 | go run ./testdata/interop/parsers' \
    "$python" 1 "$2"
}

# POCKETBASE is the version that log-ins and refreshes are compared with.
POCKETBASE=v0.36.0

# run_bench [quick | peers] measures the budgets. All of it wants wrk, and python3 for the Django; peers want cargo with
# a C compiler, npm and python3. It says what is missing and leaves that out.
run_bench() {
  local bin=${TMPDIR:-/tmp}/edgetoken-bench-$(id -u)
  [[ $# -eq 0 || $* = quick || $* = peers ]] || die "bench takes nothing, quick or peers, not '$*'"
  if [ $# -eq 0 ] && [ ! -x "$bin/pocketbase-$POCKETBASE" ]; then
    say "building PocketBase $POCKETBASE; this takes some minutes once"
    mkdir -p -m 700 "$bin"
    GOBIN=$bin go install "github.com/pocketbase/pocketbase/examples/base@$POCKETBASE"
    mv "$bin/base" "$bin/pocketbase-$POCKETBASE"
  fi
  cd host/bench
  POCKETBASE=$bin/pocketbase-$POCKETBASE exec go run . "$@"
}

run_fuzz() {
  local seconds=${1:-60} package target packages
  [[ $seconds =~ ^[0-9]+$ ]] || die "fuzz takes a number of seconds, not '$seconds'"
  packages=$(grep -rl --include='*_test.go' '^func Fuzz' core host store wasm/gateway | xargs -n 1 dirname | sort -u)
  for package in $packages; do
    package=./$package
    for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
      say "$package $target, $seconds s"
      go test -run='^$' -fuzz="^$target\$" -fuzztime="${seconds}s" "$package"
    done
  done
}

more=0 # arguments that may follow the command
case "${1:-}" in
  -h | --help | help)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  '' | component | test | test-peers) ;;
  fuzz | bench) more=1 ;;
  run | test-hosts) more=$# ;;
  *) die "unknown command '$1'; ./build.sh --help names them" ;;
esac
[ $# -le $((more + 1)) ] ||
  die "'${*:$((more + 2)):1}' is too much after '$1'; ./build.sh --help shows what each command takes"

tools
case "${1:-}" in
  '') build && built ;;
  component) build; wasm/component/make; echo "dist/edgetoken-verify.component.wasm" ;;
  run) shift; say "building; the first time takes a minute" >&2; build; exec bin/edgetoken demo "$@" ;;
  test) run_tests ;;
  test-peers) build; run_peers ;;
  test-hosts) build; exec testdata/hosts/run "${@:2}" ;;
  fuzz) run_fuzz "${2:-}" ;;
  bench) build; run_bench "${@:2}" ;;
esac
