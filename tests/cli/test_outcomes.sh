#!/usr/bin/env bash
# Several outcomes of one project: silent attrition beside leaving, and both lists side by side.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
cp -r "$(realpath "$(dirname "$0")/../../datasets/bank")" "$work/bank"
cp -r "$(realpath "$(dirname "$0")/../../datasets/wholesale")" "$work/wholesale"
cd "$work" || exit 1

begin "the shipped bank and wholesaler are checked without a fault, for each of their outcomes"
run 0 check bank; out_says "No fault found."
run 0 check bank --outcome silent; out_says "No fault found."; err_says "with no level that could fall"
run 0 check wholesale; out_says "No fault found."
run 0 check wholesale --outcome shrinking; out_says "No fault found."

begin "silent attrition is found: the planted drain shows in the balances, on later snapshots too"
run 0 train bank -o leaving.json -q
run 0 train bank --outcome silent -o silent.json --json
grep -A1 '"name": "balance_trend"' out | head -2 >found; grep -q 'balance_trend' found || fail "no coefficient"
awk -F'[:,]' '/"name": "balance_trend"/ { seen = 1 } seen && /"estimate"/ { for (i = 1; i < NF; i++) if ($i ~ /"estimate"/) exit !($(i + 1) < -1) }' out ||
  fail "balance_trend does not lower the risk"
run 0 evaluate bank -m silent.json --json
awk -F'[:,]' '/"auc":/ { exit !($2 > 0.65) }' out || fail "AUC: $(grep '"auc":' out)"
grep -q '"outcome": "silent"' silent.json || fail "the model does not say its outcome"
grep -q '"outcome": "leaving"' leaving.json || fail "the model does not say its outcome"

begin "score and evaluate take the outcome of the model; another one is refused"
run 0 score bank -m silent.json -o silent.csv; err_says "no level that could fall"
run 0 score bank -m leaving.json -o leaving.csv
run 78 score bank -m silent.json --outcome leaving; err_says 'trained on the outcome "silent"'
run 78 nightly bank -m silent.json --as-of 2025-06-01; err_says "expected --outcome silent"
run 2 train bank --outcome slient -o x.json; err_says 'did you mean "silent"?'
run 0 evaluate bank -m leaving.json --outcome silent; out_says "AUC"

begin "who left in the window has no label; with leavers: lost they count"
lost=$(mktemp -d -p "$work")/lost && cp -r bank "$lost" && sed -i 's/below: 0.5,/below: 0.5, leavers: lost,/' "$lost/churn.yaml"
churned() { awk '$1 ~ /^20/ { gsub(",", ""); sum += $5 } END { print sum }' out; }
run 0 check bank --outcome silent; dropped=$(churned)
run 0 check "$lost" --outcome silent; [ "$(churned)" -gt "$dropped" ] || fail "$(churned) churned, $dropped without leavers"

begin "both lists side by side hold what each holds alone"
run 0 score bank -m leaving.json -m silent.json -o both.csv
[ "$(head -1 both.csv)" = "customer_id,as_of,value,rank_leaving,probability_leaving,expected_loss_leaving,reason_leaving,rank_silent,probability_silent,expected_loss_silent,reason_silent" ] || fail "heading: $(head -1 both.csv)"
for list in leaving silent; do
  at=$(head -1 both.csv | tr , '\n' | grep -n "rank_$list" | cut -d: -f1)
  tail -n +2 "$list.csv" | cut -d, -f1-4,7-8 | awk -F, '{ print $1 "," $2 "," $3 "," $4 "," $5 "," $6 }' | sort >alone
  tail -n +2 both.csv | awk -F, -v at="$at" '$at != "" { print $at "," $1 "," $2 "," $(at + 1) "," $(at + 2) "," $(at + 3) }' | sort >beside
  same alone beside
done
[ "$(wc -l <both.csv)" -eq "$(tail -q -n +2 leaving.csv silent.csv | cut -d, -f2 | sort -u | wc -l | awk '{ print $1 + 1 }')" ] || fail "lines"
tail -n +2 both.csv | awk -F, '{ best = $4 == "" || ($8 != "" && $8 < $4) ? $8 : $4; if (best + 0 < last) exit 1; last = best + 0 }' || fail "order"
run 0 score bank -m leaving.json -m silent.json --threads 1 -q; same both.csv out
run 0 score bank -m leaving.json -m silent.json --top 3 -q
tail -n +2 both.csv | awk -F, '($4 != "" && $4 <= 3) || ($8 != "" && $8 <= 3)' >expected; tail -n +2 out >found; same expected found

begin "lists that cannot stand beside each other are refused"
mkdir other && cp silent.json other/leaving.json
run 2 score bank -m leaving.json -m other/leaving.json; err_says "two models are called leaving"
run 2 score bank -m leaving.json -m silent.json -o sqlite:scores.db; err_says "go into a file"
run 66 score bank -m leaving.json -m absent.json
run 73 score bank -m leaving.json -m silent.json -o no/such/folder.csv

begin "nightly and retrain keep another outcome's models and runs apart"
printf 'gates: {drift: off, scores: off, missing: off, rate: off, freshness: off}\n' >>bank/churn.yaml
run 0 models promote bank silent.json --outcome silent; out_says "promoted"
[ -e bank/models-silent/current ] && [ ! -e bank/models ] || fail "folders: $(ls bank)"
run 0 models list bank --outcome silent; out_says current
run 0 nightly bank --outcome silent --as-of 2025-06-01
[ -e bank/runs-silent/2025-06-01/ranked.csv ] && [ ! -e bank/runs ] || fail "runs: $(ls bank)"
run 0 nightly bank --outcome silent --as-of 2025-03-01
run 0 nightly bank --outcome silent --as-of 2025-07-01; err_says "outcome: 2025-03-01: "
run 0 nightly bank --outcome silent --outcomes; out_says "2025-03-01"

begin "compare and rates know the outcome"
run 0 compare bank --outcome silent --no-record --brief; out_says "balances"
run 0 rates wholesale --every "1 month"; out_says "lost"

begin "a window longer than the horizon is warned of"
sed 's/over 90d), below/over 91d), below/' bank/churn.yaml >bank/long.yaml
run 0 check bank/long.yaml --outcome silent; err_says "outcome.drop looks back 91 days"
finish
