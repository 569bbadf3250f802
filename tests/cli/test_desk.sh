#!/usr/bin/env bash
# What an operator must not overlook: models that guess, models of another outcome, customers who have left, project files that share
# a registry, runs that are months apart.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

# Flat: 400 customers, a quarter of whom left; `x` tells who, `noise` nothing.
awk 'BEGIN { srand(7); print "id,x,noise1,noise2,noise3,noise4,money,left"
  for (i = 1; i <= 400; i++) { gone = rand() < 0.25
    printf "c%d,%.4f,%.4f,%.4f,%.4f,%.4f,%d,%s\n", i, rand() + 0.9 * gone, rand(), rand(), rand(), rand(), 100 + i, gone ? "yes" : "no" } }' >flat.csv
flat() { # flat FEATURES MORE [LEAVERS]
  printf 'version: 1\ncustomers: {from: flat.csv, id: id, value: money, columns: {x: number, noise1: number, noise2: number, noise3: number, noise4: number, money: number}}\n'
  printf 'outcome: {column: left, positive: "yes"%s}\nfeatures: {%s}\n%s\n' "${3:-}" "$1" "$2"
}
gone=$(grep -c ',yes$' flat.csv)
listed_gone() { awk -F, 'NR == FNR { if ($8 == "yes") left[$1] = 1; next } FNR > 1 { n += $2 in left } END { print n + 0 }' flat.csv "$1"; }
signal='x: customers.x' capacity='capacity: {total: 40}'
noise='a: customers.noise1, b: customers.noise2, c: customers.noise3, d: customers.noise4'
flat "$signal" '' >good.yaml
flat "$signal" "$capacity" >calls.yaml
flat "$signal" "$capacity" ', leavers: left_out' >out.yaml
flat "$signal" '' ', leavers: left_out' >stream.yaml
flat "$noise" 'registry: noise' >noise.yaml

begin "who has left is counted, listed, and never to be called"
run 0 train good.yaml -o good.json
run 0 score good.yaml -m good.json -o list.csv; err_says "good.yaml:3:19: $gone customers have left already (left = yes)"
[ "$(wc -l <list.csv)" -eq 401 ] && [ "$(listed_gone list.csv)" -eq "$gone" ] || fail "not everybody is listed"
run 0 score calls.yaml -m good.json -o all.csv; err_says "$gone customers have left already"
[ "$(listed_gone all.csv)" -eq "$gone" ] || fail "not everybody is listed"
run 0 score calls.yaml -m good.json --within-capacity -o called.csv
[ "$(wc -l <called.csv)" -eq 41 ] && [ "$(listed_gone called.csv)" -eq 0 ] || fail "somebody who has left is called"
run 0 nightly calls.yaml -m good.json --as-of 2025-03-03 --output flat-runs; err_says "$gone customers have left already"
[ "$(listed_gone flat-runs/2025-03-03/calls.csv)" -eq 0 ] || fail "somebody who has left is called at night"
grep -qF "\"gone\": $gone," flat-runs/2025-03-03/summary.json || fail "the summary does not count them"

begin "left out, they stand on no list, and evaluate does not mind"
for project in out stream; do
  run 0 score "$project.yaml" -m good.json -o "$project.csv"; err_says "they are scored, and on no list"
  [ "$(listed_gone "$project.csv")" -eq 0 ] && [ "$(wc -l <"$project.csv")" -eq $((401 - gone)) ] || fail "$project: wrong list"
done
run 0 evaluate good.yaml -m good.json --json; cp out good.out
run 0 evaluate out.yaml -m good.json --json; same out good.out

begin "an export without the outcome's column has nobody to count"
cut -d, -f1-7 flat.csv >current.csv
run 0 score good.yaml -m good.json --source customers=current.csv -o list.csv
! grep -q "have left already" err || fail "a warning"

begin "a model that guesses is told of wherever it is used"
run 0 train noise.yaml -o noise.json; err_says "out of fold the model predicts no better than the same probability for everyone"
run 0 score noise.yaml -m noise.json -o list.csv; err_says "warning: out of fold the model predicts no better"
run 0 nightly noise.yaml -m noise.json --as-of 2025-03-03 --output noise-runs; err_says "start: out of fold the model predicts no better"
for file in summary manifest; do
  grep -qF '"model_quality": {"no_better_than_guessing": true, "warning": "out of fold' "noise-runs/2025-03-03/$file.json" || fail "$file.json does not say so"
done
grep -qF '"model_quality": {"no_better_than_guessing": false, "warning": null}' flat-runs/2025-03-03/summary.json || fail "a good model is said to guess"
run 0 models promote noise.yaml noise.json; out_says "promoted "; err_says "warning: out of fold the model predicts no better"
grep -qF '"warning": "out of fold the model predicts no better' noise/history.jsonl || fail "the history does not say so"
run 0 models list noise.yaml; out_says "current, guesses"; out_says "guesses: out of fold"
run 0 models list noise.yaml --json; out_says '"no_better_than_guessing": true'
run 0 models show noise.yaml; out_says "WARNING: out of fold"
run 0 models history noise.yaml; out_says "WARNING: out of fold"
run 0 models promote good.yaml good.json; err_silent
run 0 models list good.yaml --json; out_says '"no_better_than_guessing": false'

"$churn" simulate world --customers 600 --truth 10 -q || exit 1
sed 's/^outcome:.*/outcome: {horizon: 150d, gap: 14d}/' world/churn.yaml >world/longer.yaml
sed 's/^outcome:.*/outcome: {event: complaints, horizon: 90d, gap: 14d, terminal: no}/' world/churn.yaml >world/event.yaml

begin "another horizon is warned of, another kind of outcome refused"
run 0 train world/churn.yaml -o left.json
for verb in "score -o list.csv" "evaluate" "nightly --as-of 2026-01-01 --output horizon-runs"; do
  # shellcheck disable=SC2086
  set -- $verb
  "$churn" "$1" world/longer.yaml -m left.json "${@:2}" >out 2>err
  err_says "for churn within 90 days after a gap of 14, and the project says 150 days after a gap of 14"
  run 65 "$1" world/event.yaml -m left.json "${@:2}"
  err_says 'an event in a history here ("event"), and for the model it was the day the customer left ("left")'
done
[ ! -e horizon-runs/2026-01-01.held ] || fail "the night was held"

begin "project files that share a registry and runs are told so"
run 0 models promote world/churn.yaml left.json
run 0 score world/longer.yaml -o list.csv; err_says "was made by another project file, churn.yaml: \`registry: FOLDER\`"
run 0 score world/churn.yaml -o list.csv
! grep -q "another project file" err || fail "its own model is called another's"
run 65 retrain world/event.yaml; err_says "was made by another project file, churn.yaml, and does not fit this one"; err_says "expected \`registry: FOLDER\` here"
"$churn" nightly world/churn.yaml --as-of 2025-12-01 --output runs >out 2>err
grep -qF '"project": "churn.yaml"' runs/2025-12-01*/manifest.json || fail "the manifest does not name the project file"
"$churn" nightly world/longer.yaml --as-of 2025-12-02 --output runs >out 2>err
err_says "the newest run here was made by another project file, churn.yaml: \`nightly: {output: FOLDER}\`"

begin "monthly runs of a growing company are not held back for their rows"
cp world/churn.yaml world/months.yaml
for day in 2023-03-15 2023-04-15 2023-05-15 2023-09-15; do
  "$churn" nightly world/months.yaml -m left.json --as-of "$day" --output months >out 2>err
  ! grep -q "rows tripped" err || fail "$day: $(grep 'rows tripped' err)"
done

begin "the first challenger that a gate keeps back can be taken by the line that is printed"
sed '$a retrain: {min_churners: 100000}\nregistry: strict' world/churn.yaml >world/strict.yaml
run 1 retrain world/strict.yaml --as-of 2025-12-01
out_says "and no model is in use: churn models promote world/strict.yaml "
id=$(sed -n 's/.*churn models promote world.strict.yaml \([0-9a-f]*\) .*/\1/p' out)
run 0 models promote world/strict.yaml "$id"; out_says "promoted $id"
run 1 retrain world/strict.yaml --as-of 2025-12-01; out_says "; the challenger is the same model as the one in use"
finish
