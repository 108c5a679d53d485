# Sourced by scripts that count checks, and whose last line is "N passed, N failed, N skipped".
passed=0 failed=0 skipped=0

say() { echo "== $*"; }

# closing prints the counts, as the last line, and fails where a check did.
closing() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

in_ci() { [ "${CI:-}" = true ]; }

# verdict is closing for a script that nobody adds up: it ends that. In CI nothing may be skipped.
verdict() {
  closing || exit 1
  if in_ci && [ "$skipped" -gt 0 ]; then
    echo "${0##*/}: in CI nothing may be skipped" >&2
    exit 1
  fi
  exit 0
}

# check NAME COMMAND… runs one check and counts it; its output is shown if it fails. Within COMMAND set -e means nothing.
check() {
  local name=$1 out
  shift
  if out=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok   $name"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n%s\n' "$name" "$out"
  fi
}

# tally COMMAND… runs a script that counts too, and adds what it counts.
tally() {
  local out
  out=$(mktemp)
  "$@" 2>&1 | tee "$out" || true
  add "$(tail -n 1 "$out")"
  rm -f "$out"
}

# add LINE adds a line "N passed, N failed[, N skipped]" to the counts; any other line is a failure.
add() {
  if [[ $1 =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  else
    failed=$((failed + 1))
    echo "FAIL no counts at the end: $1"
  fi
}
