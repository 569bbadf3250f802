#!/usr/bin/env bash
# Killed at random moments, a promotion or a retraining leaves a whole model in use, a history that is read, and a lock that is free.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
"$churn" simulate "$work/world" --customers 900 --months 36 --seed 4 --truth 10 -q || exit 1
cd "$work" || exit 1
echo 'retrain: {min_churners: 1, calibration_slope: [-9, 9], calibration_intercept: [-9, 9]}' >>world/churn.yaml
RANDOM=17
kills=${CHURN_KILLS:-40}

# What must hold whenever somebody looks.
check_registry() {
  local target
  target=$(readlink world/models/current) || { fail "no link"; return; }
  [ -f "world/models/$target" ] || fail "the link points at nothing: $target"
  run 0 models show world -q
  run 0 models history world
  ! grep -q 'is left out' err || fail "a line is broken"
  for file in world/models/* world/models/.[!.]*; do
    case ${file##*/} in
    [0-9a-f]*.json | [0-9a-f]*.md | current | history.jsonl | .current.part | '.[!.]*') ;;
    # Between the two names of a file that is whole.
    .[0-9a-f]*.part) litter=$((litter + 1)) ;;
    *) fail "litter: $file" ;;
    esac
  done
}

# kill_after LONGEST ARGUMENT…: starts the program and kills it at a random moment of the first LONGEST microseconds.
kill_after() {
  local longest=$1 process
  shift
  "$churn" "$@" </dev/null >killed.out 2>killed.err &
  process=$!
  sleep "$(printf '0.%06d' $((RANDOM * 32768 % longest + RANDOM % 1000)))"
  kill -9 $process 2>/dev/null && hits=$((hits + 1))
  wait $process 2>/dev/null
}

begin "two models to choose from"
litter=0 hits=0
run 0 retrain world --as-of 2025-03-10 -q
run 0 retrain world --as-of 2025-12-10 -q
mapfile -t ids < <(cd world/models && ls -- *.json | sed 's/\.json$//')
[ "${#ids[@]}" -eq 2 ] || fail "two models expected"

begin "promotions killed"
for i in $(seq "$kills"); do
  kill_after 9000 models promote world "${ids[i % 2]}"
  check_registry
done

begin "retrainings killed"
took=$(date +%s%N)
run 0 retrain world --as-of 2025-10-10 -q
took=$((($(date +%s%N) - took) / 1000))
days=(2025-04-10 2025-05-10 2025-06-10 2025-07-10 2025-08-10 2025-09-10)
for i in $(seq $((kills / 2))); do
  kill_after "$((took < 900000 ? took + 1000 : 900000))" retrain world --as-of "${days[i % 6]}" -q
  check_registry
done
[ "$hits" -gt 0 ] || fail "every run was over before it was killed"

begin "the next run does what was asked for, and leaves nothing behind"
run 0 models promote world "${ids[0]}"
run 0 models promote world "${ids[1]}"
run 0 models show world; out_says "${ids[1]} (current)"
run 0 retrain world --as-of 2025-12-10 -q
[ ! -e world/models/.current.part ] || fail "a temporary link is there"
[ "$litter" -le 1 ] || fail "$litter temporary files were left in all"
finish
