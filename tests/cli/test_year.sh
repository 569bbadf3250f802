#!/usr/bin/env bash
# The simulated year, shortened: every kind of night once. year.sh holds what is promised.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

begin "28 nights with two changes and three broken exports: none of those is published, the changes are named, a model is promoted after the first one, each night again gives the same bytes"
bash "$(dirname "$0")/year.sh" "$churn" "$work/year" --nights 28 --kills 8 --max-age 20 >"$work/out" 2>"$work/err" ||
  fail "$(grep BROKEN "$work/out" || tail -3 "$work/out")"
out_says "0 promises broken"
cat "$work/out"
begin "a world where nothing is wrong ends most nights with 0"
quiet=$(sed -n 's/.*though nothing was wrong: \([0-9]*\) of .*/\1/p' "$work/out")
[ "${quiet:-99}" -le 3 ] || fail "$quiet nights trip a gate"
finish
