#!/bin/bash
# churn reps: tables, JSON and CSV of a simulated world against churn score and each other, which expression names the rep, what
# is refused, same bytes for any threads and order of rows. Usage: test_reps.sh PROGRAM
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# sum COLUMN: of the CSV in $work/reps.csv. cell REP COLUMN: one field of it.
sum() { awk -F, -v c="$1" 'NR==1 {for (i=1; i<=NF; i++) if ($i==c) n=i; next} {s+=$n} END {printf "%.6f", s}' "$work/reps.csv"; }
cell() { awk -F, -v r="$1" -v c="$2" 'NR==1 {for (i=1; i<=NF; i++) if ($i==c) n=i; next} $1==r {print $n}' "$work/reps.csv"; }
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN {exit !(a!="" && b!="" && a-b<=t && b-a<=t)}' || fail "$4: $1, expected $2"; }

make_world
run 0 train "$project" -o "$work/model.json" -q
# Some customers lose their rep: their rows go.
grep -vE '^C0000[0-9]7,' "$work/world/rep_assignments.csv" >"$work/some" && mv "$work/some" "$work/world/rep_assignments.csv"

begin "the tables say what they hold"
run 0 reps "$project" -m "$work/model.json"
out_says 'Customers by last(`rep_id` from reps), on 7 snapshots from 2024-03-01 to 2025-09-01'
out_says 'lost = within 90 days, after a gap of 14; expected = by models of other customers'
out_says '95 % limits'
out_says 'Their books now, as of 2026-01-01'
out_says 'if the rep left'
grep -qE '^  \(none\) ' "$work/out" || fail "no row of customers without a rep"
grep -qE '^  all ' "$work/out" || fail "no total"
awk 'length > 100' "$work/out" | grep -q . && fail "a line is wider than 100"

begin "books add up to what churn score says"
run 0 reps "$project" -m "$work/model.json" -o "$work/reps.csv" -q
out_silent
run 0 score "$project" -m "$work/model.json" -o "$work/list.csv" -q
read -r customers leave loss < <(awk -F, 'NR>1 {n++; p+=$4; l+=$7} END {printf "%d %.6f %.6f\n", n, p, l}' "$work/list.csv")
near "$(sum current)" "$customers" 0 "customers now"
near "$(sum expected_now)" "$leave" 0.001 "expected to leave"
near "$(sum expected_loss)" "$loss" 0.01 "money at risk"
near "$(cell '(none)' current)" "$(awk -F, '$2 ~ /^C0000[0-9]7$/' "$work/list.csv" | wc -l)" 0 "without a rep"
[ "$(cell '(none)' p_adjusted)$(cell '(none)' exposure_loss)" = "" ] || fail "customers without a rep were judged"

begin "those lost are those who left in the windows that count"
windows=
for t in 2024-03-01 2024-06-01 2024-09-01 2024-12-01 2025-03-01 2025-06-01 2025-09-01; do
  windows+=" $t $(date -u -d "$t + 14 days" +%F) $(date -u -d "$t + 104 days" +%F)"
done
lost=$(awk -F, -v windows="$windows" 'NR>1 && $3!="" {
  k = split(windows, w, " ")
  for (i = 1; i < k; i += 3) n += $2 < w[i] && $3 >= w[i+1] && $3 < w[i+2]
} END {print n}' "$work/world/customers.csv")
near "$(sum observed)" "$lost" 0 "lost"

begin "JSON has the same figures, the total, the funnel and the snapshots"
run 0 reps "$project" -m "$work/model.json" --json -q
out_says '"rep": "last(`rep_id` from reps)"'
out_says '"model": "'
out_says '"funnel": ['
out_says '{"as_of": "2025-09-01", "customers": '
out_says '{"rep": null, "verdict": "not_tested"'
out_says "\"expected_loss\": $(cell R-004 expected_loss)"

begin "the same bytes for any number of threads and any order of rows"
run 0 reps "$project" -m "$work/model.json" --json --threads 1 -o "$work/one.json" -q
run 0 reps "$project" -m "$work/model.json" --json --threads 3 -o "$work/three.json" -q
same "$work/one.json" "$work/three.json"
for file in customers rep_assignments interactions; do
  (head -1 "$work/world/$file.csv"; tail -n +2 "$work/world/$file.csv" | sort -t, -k2,2r -k1,1r) >"$work/$file.turned"
  cp "$work/world/$file.csv" "$work/$file.kept"
  cp "$work/$file.turned" "$work/world/$file.csv"
done
run 0 reps "$project" -m "$work/model.json" --json -o "$work/turned.json" -q
same "$work/one.json" "$work/turned.json"
for file in customers rep_assignments interactions; do cp "$work/$file.kept" "$work/world/$file.csv"; done
run 0 reps "$project" -m "$work/model.json" --json -o "$work/bounded.json" -q --memory 20M
same "$work/one.json" "$work/bounded.json"

begin "the project's rep, and --by, say who it is"
sed 's/^outcome:/rep: last(rep_id from reps where rep_id != "R-004")\noutcome:/' "$project" >"$work/world/other.yaml"
run 0 reps "$work/world/other.yaml" -m "$work/model.json" -o "$work/reps.csv" -q
[ "$(cell R-004 rows)" = "" ] || fail "R-004 is still a rep"
run 0 reps "$project" -m "$work/model.json" --by region -o "$work/reps.csv"
err_says 'no feature of the model looks at the history that tells the rep'
err_says 'is left out of what is expected'
[ "$(wc -l <"$work/reps.csv")" -ge 4 ] || fail "few regions"
run 0 reps "$project" --by 'customers.segment' --first 2024-06-01 --last 2024-12-01 -q
out_says 'Customers by customers.segment, on 3 snapshots from 2024-06-01 to 2024-12-01'

begin "as of an earlier day only windows count that had closed"
run 0 reps "$project" -m "$work/model.json" --as-of 2025-03-01 -q
out_says 'to 2024-11-01'
out_says 'Their books now, as of 2025-03-01'

begin "without a model one is trained, and says so"
run 0 reps "$project" --json -o "$work/trained.json"
err_says 'no model was given, so one was trained on'

begin "what cannot be answered is refused with what to give"
run 78 reps "$project" -m "$work/model.json" --by 'last(reppid from reps)'
err_says '--by:1:6'
run 2 reps "$project" -m "$work/model.json" --as-of yesterday
err_says '--as-of'
sed 's/^outcome:/rep: last(reppid from reps)\noutcome:/' "$project" >"$work/world/wrong.yaml"
run 78 reps "$work/world/wrong.yaml" -m "$work/model.json"
err_says 'wrong.yaml:'
err_says "reps has no column 'reppid'"
sed 's/^outcome:/repp: last(rep_id from reps)\noutcome:/' "$project" >"$work/world/wrong.yaml"
run 78 reps "$work/world/wrong.yaml" -m "$work/model.json"
err_says 'did you mean "rep"?'
mkdir "$work/kept"
guard "$work/kept/target"
run 78 reps "$work/world/wrong.yaml" -o "$work/kept/target"
untouched "$work/kept/target"

finish
