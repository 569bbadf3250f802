# Shared by the tests of the program; each runs as `bash tests/cli/test_NAME.sh PROGRAM`. A test is a list of cases: `begin` names
# one, the checks behind it fail it, `finish` counts and gives the exit code.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
churn=$(realpath "$1")
work=$(mktemp -d)
# A background job that a signal ends before it has become the program would run this too.
trap 'if [ "$BASHPID" = $$ ]; then chmod -R u+rwx "$work"; rm -rf "$work"; fi' EXIT
export LC_ALL=C
cases=0 failed=0 skipped=0 name=

begin() { name=$*; cases=$((cases + 1)); }

fail() {
  printf '%s: %s\n' "$name" "$*"
  if [ -s "$work/err" ]; then printf '  it says: %s\n' "$(head -c 600 "$work/err")"; fi
  failed=$((failed + 1))
}

skip() { printf 'skipped: %s: %s\n' "$name" "$*"; skipped=$((skipped + 1)); }

finish() {
  printf '%d cases, %d failed, %d skipped\n' "$cases" "$failed" "$skipped"
  [ "$cases" -gt 0 ] && [ "$failed" -eq 0 ]
}

# run CODE ARGUMENT…: runs the program; its two streams are $work/out and $work/err.
run() {
  local expected=$1 code=0
  shift
  "$churn" "$@" </dev/null >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$expected" ] || fail "churn $*: exit code $code, expected $expected"
}

out_says() { grep -qF -e "$1" "$work/out" || fail "standard output lacks \"$1\""; }
err_says() { grep -qF -e "$1" "$work/err" || fail "standard error lacks \"$1\""; }
out_silent() { [ ! -s "$work/out" ] || fail "something on standard output: $(head -c 200 "$work/out")"; }
err_silent() { [ ! -s "$work/err" ] || fail "something on standard error"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ: $(cmp "$1" "$2" 2>&1)"; }

# guard FILE: puts a file there and remembers it and the names in its folder; untouched FILE: both are as they were.
guard() {
  printf 'what stood here before\n' >"$1"
  touch -d '2021-03-04 05:06:07.891' "$1"
  guarded=$(state_of "$1")
}
untouched() { [ "$(state_of "$1")" = "$guarded" ] || fail "the file or its folder changed: $(ls -lA "$(dirname "$1")")"; }
state_of() { ls -A "$(dirname "$1")"; stat -c '%i %s %Y %y %a' "$1"; cat "$1"; }

# A world of customers, made once.
make_world() {
  "$churn" simulate "$work/world" --customers 600 --truth 10 -q || { echo "cannot make a world"; exit 1; }
  project=$work/world/churn.yaml
}

# Sets `nobody` to the words that run a program without root's rights, and `program` to a copy that it may run; false where that
# cannot be had.
drop_rights() {
  nobody=() program=$churn
  [ "$(id -u)" -eq 0 ] || return 0
  chmod 755 "$work"
  cp "$churn" "$work/program" && chmod 755 "$work/program"
  program=$work/program
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
  "${nobody[@]}" "$program" --version >/dev/null 2>&1
}

# run_as_nobody CODE ARGUMENT…
run_as_nobody() {
  local expected=$1 code=0
  shift
  "${nobody[@]}" "$program" "$@" </dev/null >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$expected" ] || fail "churn $* without rights: exit code $code, expected $expected"
}
