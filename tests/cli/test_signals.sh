#!/usr/bin/env bash
# A run that is ended while it writes: the old file is there, nothing beside it, and the exit code is 128 + the signal.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
ulimit -c 0
set -m # background jobs keep their interrupt signal
mkdir target
project=world/long.yaml
sed 's/every: 1 month/every: 1 day/' world/churn.yaml >$project

# True when the process has a file without a name, or with a temporary one, open in target/ and has written to it.
writes() {
  local descriptor
  for descriptor in /proc/"$1"/fd/*; do
    case $(readlink "$descriptor") in
    "$work"/target/*) [ "$(stat -Lc %s "$descriptor" 2>/dev/null || echo 0)" -gt 0 ] && return 0 ;;
    esac
  done
  return 1
}

# Ends `features -o target/out` by a signal while it writes; gives its exit code in $code, 0 when it was too quick.
end_by() {
  "$churn" features $project -o target/out --threads 1 -q </dev/null >out 2>err &
  local process=$!
  until writes $process; do
    kill -0 $process 2>/dev/null || break
    sleep 0.01
  done
  kill -s "$1" $process 2>/dev/null
  code=0
  wait $process 2>/dev/null || code=$?
}

if [ -d /proc/self/fd ]; then
  for signal in INT TERM HUP QUIT KILL; do
    number=$(kill -l $signal)
    begin "SIG$signal over a file that is there"
    guard target/out
    end_by $signal
    [ "$code" -eq $((128 + number)) ] || fail "exit code $code, expected $((128 + number))"
    untouched target/out

    begin "SIG$signal where there is no file"
    rm -f target/out
    end_by $signal
    [ "$code" -eq $((128 + number)) ] || fail "exit code $code, expected $((128 + number))"
    [ -z "$(ls -A target)" ] || fail "there is $(ls -A target)"
  done
  begin "and a run to the end writes the file"
  run 0 features $project -o target/out --threads 1 -q
  [ "$(wc -l <target/out)" -gt 100000 ] || fail "it is short: $(wc -l <target/out) lines"
else
  begin "signals"
  skip "no /proc to see when the program writes"
fi

# With a penalty, folds are fitted one after the other.
printf 'fit: {penalty: ridge, lambda: 0.01}\n' | cat $project - >world/ridge.yaml
grep -q '^fit:' $project && sed '0,/^fit:.*/s//fit: {penalty: ridge, lambda: 0.01}/' $project >world/ridge.yaml

# Ends a comparison of many folds by a signal after a while; gives its exit code in $code.
compare_until() {
  "$churn" compare world/ridge.yaml --sets "all,payments" --brief --html target/page.html --folds-csv target/folds.csv \
    --json </dev/null >out 2>err &
  local process=$!
  sleep "$2"
  kill -s "$1" $process 2>/dev/null
  code=0
  wait $process 2>/dev/null || code=$?
}

for signal in INT TERM; do
  number=$(kill -l $signal)
  begin "SIG$signal leaves the folds of a comparison that are finished, marked as partial"
  for delay in 0.5 1 2 0.25 4 0.125 8; do
    rm -rf target/* world/models
    compare_until $signal $delay
    [ "$code" -eq 0 ] || [ "$code" -eq $((128 + number)) ] || fail "exit code $code"
    grep -q '"partial": true' out && break
    [ "$code" -eq 0 ] || [ -z "$(ls -A target)" ] || fail "nothing is finished, and there is $(ls -A target)"
  done
  [ "$code" -eq $((128 + number)) ] || fail "exit code $code, expected $((128 + number))"
  out_says '"partial": true'; 
  folds=$(grep -c '"as_of": "' out) planned=$(sed -n 's/.*"planned_folds": \([0-9]*\).*/\1/p' out)
  [ "$folds" -ge 1 ] && [ "$folds" -le "$planned" ] || fail "$folds of $planned folds"
  [ "$(wc -l <target/folds.csv)" -eq $((2 * folds + 1)) ] || fail "lines of folds.csv"
  grep -q '"partial": true' target/page.html || fail "the page is not marked"
  [ ! -e world/models ] || fail "a partial comparison is recorded"
done

begin "a signal before a fold is finished ends a comparison at once"
rm -rf target/*
compare_until INT 0.001
[ "$code" -eq 130 ] || fail "exit code $code"
[ -z "$(ls -A target)" ] || fail "there is $(ls -A target)"
if [ -r /proc/self/maps ]; then
  begin "a source that is cut short while it is read is an error, not a crash"
  cp world/interactions.csv long.csv
  for _ in 1 2 3 4 5 6 7; do
    tail -n +2 long.csv >more
    cat more >>long.csv
  done
  guard target/out
  told=0
  for attempt in $(seq 40); do
    cp long.csv cut.csv
    "$churn" features world/churn.yaml --source engagements=cut.csv -o target/out --threads 2 -q </dev/null 2>err &
    process=$!
    until grep -q cut.csv /proc/$process/maps 2>/dev/null; do kill -0 $process 2>/dev/null || break; done
    truncate -s 100 cut.csv
    code=0
    wait $process 2>/dev/null || code=$?
    case $code in
    74)
      told=1
      err_says "became shorter while it was read"
      untouched target/out
      break
      ;;
    65) ;; # cut before it was opened again
    0) guard target/out ;;
    *) fail "exit code $code in attempt $attempt" && break ;;
    esac
  done
  [ $told -eq 1 ] || fail "never told in $attempt attempts"
fi

finish
