#!/usr/bin/env bash
# The registry and retraining as an operator sees them: what is printed, exit codes, what stays when something fails.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
"$churn" simulate "$work/world" --customers 2500 --months 36 --seed 4 --truth 10 -q || exit 1
cd "$work" || exit 1
at() { SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s); export SOURCE_DATE_EPOCH; }
current() { basename "$(readlink world/models/current)" .json; }
lines() { wc -l <world/models/history.jsonl; }

begin "without a registry there is nothing, and that is said"
run 0 models list world; out_silent; err_says "there is no model in"
run 66 models show world; err_says "no model is in use"
run 65 models rollback world
run 0 models history world; out_silent

begin "arguments that make no sense are refused"
run 2 models; run 2 models list; err_says "missing"
run 2 models burn world; err_says "expected list, show, promote, rollback or history"
run 2 models promote world; err_says "which model"
run 2 models list world 1234; err_says "one argument too many"
run 2 models list world --on 2025-01-01; err_says "--on goes with history"
run 2 models history world --on 2025-02-30; err_says "is no day"
run 2 models show world --json --card
run 2 models promote world 1234 --json
run 2 models list world --why because
run 2 retrain world --as-of yesterday
run 78 retrain world/customers.csv

begin "the first model is promoted, in one line"
at 2025-03-10T02:10:00Z
run 0 retrain world --as-of 2025-03-10 -q; err_silent
[ "$(wc -l <out)" -eq 1 ] || fail "one line expected"
first=$(current)
out_says "promoted ${first:0:8}: the first model: AUC 0."
[ -f "world/models/$first.json" ] && [ -f "world/models/$first.md" ] || fail "model or card is missing"
[ "$(lines)" -eq 2 ] || fail "added and promoted expected"

begin "nothing gained: it stays, and the exit code is 0"
run 0 retrain world --as-of 2025-03-10 -q; out_says "kept ${first:0:8}: the same model as the one in use"
[ "$(lines)" -eq 3 ] || fail "kept expected"
at 2025-12-10T02:10:00Z
cp world/churn.yaml world/hard.yaml; echo 'retrain: {margin: 0.5}' >>world/hard.yaml
run 0 retrain world/hard.yaml --as-of 2025-12-10; out_says "kept ${first:0:8}: not better by the margin"
out_says "margin 0.5"
[ "$(current)" = "$first" ] || fail "another model is in use"

begin "the same retraining as JSON"
run 0 retrain world/hard.yaml --as-of 2025-12-10 --json; out_says '"promoted": false'; out_says '"compared": true'
second=$(sed -n 's/.*"challenger": "\([0-9a-f]*\)".*/\1/p' out)
[ -f "world/models/$second.json" ] || fail "the challenger is not in the registry"

begin "a tripped gate keeps the model and ends with 1"
cp world/churn.yaml world/gate.yaml; echo 'retrain: {min_churners: 100000}' >>world/gate.yaml
run 1 retrain world/gate.yaml --as-of 2025-12-10; out_says "kept ${first:0:8}: the gate \"rows\" tripped"; err_says "gate: rows tripped: "
[ "$(current)" = "$first" ] || fail "another model is in use"

begin "lines for a journal and for programs"
run 0 retrain world --as-of 2025-03-10 --log-format journal; out_silent
grep -vqE '^<[346]>[a-z]+: ' err && fail "a line without level: $(grep -vE '^<[346]>' err)"
grep -q "^<6>done: kept ${first:0:8}: the same model" err || fail "what was done"
for stage in start judge fit record; do grep -q "^<6>$stage: " err || fail "no stage $stage"; done
run 1 retrain world/gate.yaml --as-of 2025-12-10 -q --log-format json
grep -q '"level":"warning","stage":"gate","text":"rows tripped: ' err || fail "the gate"
grep -q '"level":"info"' err && fail "-q is not quiet"
run 2 retrain world --log-format loud

# ended SIGNAL: the retraining that was started as $process gets it; nothing of it is left, and it says so.
ended() {
  kill -s "$1" $process 2>/dev/null
  code=0
  wait $process 2>/dev/null || code=$?
  if [ $code -eq $((128 + $(kill -l "$1"))) ]; then
    heard=$((heard + 1))
    [ "$(registry)" = "$before" ] || fail "the registry changed"
    [ ! -s err ] || err_says "stopped: nothing was changed" # nothing is said before the program listens
    flock -n world/churn.yaml true || fail "the lock is held"
  else
    [ $code -eq 0 ] || fail "exit code $code"
    rm -r world/models; cp -a models.before world/models
  fi
}
cp -a world/models models.before
# What stands in it; not the files' own numbers, as one that was finished in time is put back from a copy.
registry() { ls -A world/models; readlink world/models/current; cat world/models/history.jsonl; }
before=$(registry)

set -m # background jobs keep their interrupt signal
for stage in start judge fit; do
  begin "SIGTERM and SIGINT after the stage $stage leave the registry as it was"
  heard=0
  for attempt in TERM INT TERM INT TERM INT; do
    "$churn" retrain world --as-of 2025-09-10 </dev/null >out 2>err &
    process=$!
    until grep -q "^$stage: " err; do kill -0 $process 2>/dev/null || break; done
    ended $attempt
    [ $heard -lt 2 ] || break
  done
  [ $heard -ge 1 ] || fail "every retraining was over before it was told"
done

begin "and at any moment, with lines for a journal and for programs"
heard=0
for delay in 0.2 0.1 0.05 0.02 0.01; do
  for form in journal json; do
    "$churn" retrain world --as-of 2025-09-10 -q --log-format $form </dev/null >out 2>err &
    process=$!
    sleep $delay
    ended TERM
    [ $code -eq 0 ] || [ ! -s err ] || grep -qE '^(<3>error: |\{"time":"20[0-9-]{8}T[0-9:]{8}Z","level":"error","stage":"error","text":")stopped: nothing was changed("\})?$' err ||
      fail "the line: $(cat err)"
  done
done
[ $heard -ge 1 ] || fail "every retraining was over before it was told"
set +m

begin "by hand: promote, roll back, and ask who was in use when"
at 2025-12-20T08:00:00Z
run 0 models promote world "${second:0:6}" --why "a try"; out_says "promoted ${second:0:8}"
[ "$(current)" = "$second" ] || fail "the link"
run 0 models promote world "$second"; out_says "is in use already"
run 0 models show world; out_says "$second (current)"; out_says "AUC"
run 0 models show world "${first:0:4}" --card; out_says "# Model card: $first"; out_says "## Limits"
cmp -s out "world/models/$first.md" || fail "the card is another one"
run 0 models show world --json; out_says '"coefficients"'
at 2025-12-22T08:00:00Z
"$churn" nightly world --as-of 2025-12-21 -q >out 2>err || [ $? -eq 1 ] || fail "nightly"
run 0 models history world --on 2025-12-21; out_says "$second made the list of 2025-12-21"
run 0 models rollback world; out_says "rolled back to ${first:0:8}"; out_says "${second:0:8} made 1 published list: 2025-12-21; churn nightly"
run 65 models rollback world; err_says "no other model was in use"
run 0 models history world --on 2025-12-21; out_says "$second from 2025-12-20T08:00:00Z until 2025-12-22T08:00:00Z"
[ "$(grep -c ' from ' out)" -eq 1 ] || fail "one model that day"
run 0 models history world --on 2025-12-22 --json; out_says '"until": "2025-12-22T08:00:00Z"'; out_says '"until": null'
run 0 models history world --on 2020-01-01; out_says "no model until 2025-03-10"
run 0 models history world; out_says "a try"; out_says "rolled_back"
run 0 models list world; out_says "${first:0:8}  current"; out_says "was in use"
run 0 models list world --json; out_says "\"current\": \"$first\""
run 66 models promote world ffffffff; err_says "there is no model \"ffffffff\""
run 2 models promote world f; err_says "too short"

begin "a model is named by its id, its first letters, or as the one in use"
run 0 score world -m "world/models/$second.json" --as-of 2025-12-01 -o byfile.csv -q
run 0 score world -m "${second:0:7}" --as-of 2025-12-01 -o byid.csv -q; same byfile.csv byid.csv
run 0 score world -m "world/models/$first.json" --as-of 2025-12-01 -o byfile.csv -q
run 0 score world -m current --as-of 2025-12-01 -o byid.csv -q; same byfile.csv byid.csv
run 0 score world --as-of 2025-12-01 -o byid.csv -q; same byfile.csv byid.csv
run 0 evaluate world --json -q; grep -q "\"model\": \"$first\"" out || fail "evaluate took another one"
run 0 evaluate world -m "$second" --json -q; grep -q "\"model\": \"$second\"" out || fail "evaluate took another one"
run 66 score world -m abcdef0 --as-of 2025-12-01; err_says 'there is no model "abcdef0"'
"$churn" nightly world --as-of 2025-12-21 -m current -o byid -q >out 2>err || [ $? -eq 1 ] || fail "nightly"
same "world/models/$first.json" byid/2025-12-21/model.json

begin "a line that was cut off is called that"
cp -r world cut; printf '{"time": "2025-12-2' >>cut/models/history.jsonl
run 0 models history cut; err_says "this line is left out: it was cut off while it was written"

begin "a model's file is added and promoted"
run 0 train world -o own.json -q --set engagement
run 0 models promote world own.json; [ "$(current)" = "$(sed -n 's/^  "id": "\(.*\)",$/\1/p' own.json)" ] || fail "the link"
sed 's/"rows": /"rows": 1/' own.json >broken.json
run 65 models promote world broken.json
run 0 models rollback world

begin "the card has no clock and no path in it"
! grep -qE "$work|20[0-9]{2}-[0-9-]*T" world/models/*.md || fail "something of this run is in a card"

begin "a second run at the same time ends with 75"
flock world/churn.yaml sh -c 'echo held >holding; exec sleep 60' &
holder=$!
until [ -s holding ]; do sleep 0.02; done
run 75 retrain world --as-of 2025-12-10; err_says "another nightly or retrain of this project is running"; out_silent
run 0 models list world -q
pkill -P $holder; wait $holder 2>/dev/null
run 0 retrain world --as-of 2025-12-10 -q

begin "a read-only folder, or a full disk, leaves everything as it was"
if drop_rights; then
  cp -r world still; chmod -R a+rX,go-w still; before=$(state_of still/models/history.jsonl)
  chmod 555 still/models still
  run_as_nobody 77 models rollback still
  run_as_nobody 77 models promote still "$second"
  run_as_nobody 77 retrain still --as-of 2025-09-10 -q
  run_as_nobody 0 models list still -q
  [ "$(state_of still/models/history.jsonl)" = "$before" ] || fail "the registry changed"
  chmod 755 still still/models
else
  skip "root's rights cannot be dropped"
fi
before=$(state_of world/models/history.jsonl); used=$(current)
code=0
(ulimit -f 4; "$churn" retrain world --as-of 2025-09-10 -q >out 2>err) || code=$?
[ "$code" -eq 74 ] || fail "a history too large: exit code $code"
[ "$(state_of world/models/history.jsonl)" = "$before" ] && [ "$(current)" = "$used" ] || fail "the registry changed"
cp -r world first; rm -r first/models
code=0
(ulimit -f 16; "$churn" retrain first --as-of 2025-09-10 -q >out 2>err) || code=$?
[ "$code" -eq 74 ] || fail "a model too large: exit code $code"
[ -z "$(find first/models -name '*.json' -o -name current -o -name '.*tmp*')" ] || fail "there is $(ls -A first/models)"

begin "same data and day, same bytes, for any number of threads"
unset SOURCE_DATE_EPOCH
for threads in 1 3; do
  cp -r world "again$threads"; rm -r "again$threads/models"
  run 0 retrain "again$threads" --as-of 2025-12-10 -q --threads $threads
done
for file in again1/models/*.json again1/models/*.md; do same "$file" "again3/${file#again1/}"; done
[ "$(readlink again1/models/current)" = "$(readlink again3/models/current)" ] || fail "another model"
finish
