#!/usr/bin/env bash
# The command line itself: help, version, and every kind of wrong usage (exit code 2, the words on standard error).
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
verbs=(check features train evaluate score simulate demo)
make_world

for option in --help -h help; do
  begin "churn $option"
  run 0 "$option"; err_silent
  for verb in "${verbs[@]}"; do out_says "churn $verb"; done
  for code in 0 2 65 66 70 73 74 77 78; do grep -qE "(^|[ ,:])$code [a-zA-Z]" "$work/out" || fail "no word on exit code $code"; done
done

begin "help names no verb that does not work"
run 0 --help
for verb in $(sed -n 's/^  churn \([a-z]*\) .*/\1/p' "$work/out"); do
  "$churn" "$verb" --help >/dev/null 2>&1 || fail "churn $verb --help fails"
done

begin "help is for standard output, a call without a verb is wrong usage"
run 2; out_silent; err_says "Usage: churn VERB"

begin "churn --version"
run 0 --version; err_silent
grep -qE '^churn [0-9]+\.[0-9]+\.[0-9]+$' "$work/out" || fail "no version: $(cat "$work/out")"

for locale in C C.UTF-8 POSIX; do
  for verb in "${verbs[@]}"; do
    for option in --help -h; do
      begin "churn $verb $option in locale $locale"
      LC_ALL=$locale run 0 "$verb" "$option"; err_silent
      out_says "Usage: churn $verb [OPTION"
      for shared in --threads --quiet --verbose --help; do out_says "$shared"; done
      case $verb in
        simulate | demo) grep -qe --source "$work/out" && fail "--source, but there is no project to read" ;;
        *) out_says "--source"; out_says "--memory=SIZE" ;;
      esac
      [ "$(tail -c 1 "$work/out" | wc -l)" -eq 1 ] || fail "the last line is cut"
      grep -qE '^Usage:.*\]' "$work/out" || fail "the usage line is cut: $(grep Usage "$work/out")"
    done
  done
done

begin "help shows the positional arguments"
run 0 train --help; out_says "PROJECT -o MODEL"
run 0 score --help; out_says "PROJECT -m MODEL"; out_says "--as-of=DAY"; out_says "--top=N"; out_says "--by="; out_says "--output="
run 0 evaluate --help; out_says "--json"; out_says "--capacity="
run 0 simulate --help; out_says "--customers=N"; out_says "--months=M"; out_says "--seed=S"

# words on standard error | arguments (P = the project, M = a model path that is never read)
while IFS='|' read -r words arguments; do
  [ -n "$arguments" ] || continue
  words=$(echo "$words" | sed 's/ *$//')
  begin "wrong usage: churn$arguments"
  arguments=$(echo "$arguments" | sed "s#\bP\b#$project#; s#\bM\b#$work/no-model.json#; s#\bW\b#$work#g")
  # shellcheck disable=SC2086
  run 2 $arguments
  out_silent
  err_says "$words"
done <<'TABLE'
"frob" is no verb                          | frob
expected one of: demo check features train | frob --help
is no verb                                 | --frob
expected PROJECT                           | check
expected PROJECT                           | features
expected PROJECT -o MODEL                  | train
expected PROJECT -m MODEL                  | evaluate
expected PROJECT -m MODEL                  | score
expected DIR                               | simulate
one argument too many                      | check P P
one argument too many                      | features P P
one argument too many                      | train P P -o W/x
one argument too many                      | evaluate P P -m M
one argument too many                      | score P P -m M
one argument too many                      | simulate W/a W/b
one argument too many                      | demo W/a W/b
--frob: unknown option                     | check P --frob
expected --leaks --strict                  | check P --strict
unknown option                             | features P --frob=3
--frob: unknown option                     | train P --frob
--frob: unknown option                     | evaluate P --frob
--frob: unknown option                     | score P --frob
--frob: unknown option                     | simulate W/a --frob
--frob: unknown option                     | demo W/a --frob
-x: unknown option                         | features P -x
missing argument                           | features P -o
missing argument                           | features P --as-of
missing argument                           | score P -m
expected -o MODEL                          | train P
expected -o FILE                           | train P -o - --json
expected -m MODEL                          | score P
expected -m MODEL                          | evaluate P
"tomorrow" is no day; expected YYYY-MM-DD  | features P --as-of tomorrow
"2024-02-30" is no day; expected           | features P --as-of 2024-02-30
"20240101" is no day; expected             | features P --first 20240101
"2024-1-5" is no day; expected             | features P --last 2024-1-5
expected one or the other                  | features P --as-of 2024-01-01 --first 2024-01-01
"x" is no day                              | train P -o W/x --first x
"x" is no day                              | train P -o W/x --last x
"x" is no day                              | train P -o W/x --test-from x
"x" is no day                              | evaluate P -m M --test-from x
"x" is no day                              | score P -m M --as-of x
expected probability, expected-loss or worth | score P -m M --by value
did you mean probability?                  | score P -m M --columns customer_id,probabilty
rank is asked for twice                    | score P -m M --columns rank,rank
--columns is of one list                   | score P -m M -m M.2 --columns rank
--columns is of a CSV file                 | score P -m M --columns rank -o sqlite:x.db
--columns is of a CSV file                 | score P -m M --columns rank --publish
--top: -3 is not accepted; expected        | score P -m M --top -3
--top: 0 is not accepted; expected         | score P -m M --top 0
numeric value                              | score P -m M --top many
numeric value                              | score P -m M --top 3.5
is no list of                              | evaluate P -m M --capacity 0
is no list of                              | evaluate P -m M --capacity 10,
is no list of                              | evaluate P -m M --capacity ten
is no list of                              | evaluate P -m M --capacity -5
is no list of                              | evaluate P -m M --capacity 99999999999999999999999
expected a whole number above 0            | features P --threads 0
expected a whole number above 0            | features P --threads -2
numeric value                              | features P --threads two
--source: "customers" is no NAME=PATH      | features P --source customers
--source: "=x.csv" is no NAME=PATH         | features P --source =x.csv
no source "nobody"; sources: customers     | features P --source nobody=x.csv
no feature set "nope"                      | features P --set nope
"nope" is no feature set, feature or history | train P -o W/x --set nope
--customers: 0 is not accepted             | simulate W/a --customers 0
--customers: -1 is not accepted            | simulate W/a --customers -1
--months: 0 is not accepted                | simulate W/a --months 0
--seed: -7 is not accepted                 | simulate W/a --seed -7
--truth: 0 is not accepted                 | simulate W/a --truth 0
--continuations: 0 is not accepted         | simulate W/a --continuations 0
--engagements: 0 is not accepted           | simulate W/a --engagements 0
--engagements: -0.5 is not accepted        | simulate W/a --engagements -0.5
numeric value                              | simulate W/a --engagements 0,14
numeric value                              | simulate W/a --seed first
"soon" is no day                           | simulate W/a --first-day soon
TABLE

begin "wrong usage makes nothing"
[ ! -e "$work/a" ] && [ ! -e "$work/x" ] && [ ! -e "$work/b" ] || fail "something was made: $(ls "$work")"

finish
