#!/bin/bash
# Kinds of loss in the program: churn rates, churn evaluate --reasons, an outcome that excludes, what is refused. Usage:
# test_kinds.sh PROGRAM
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

make_world
# Every customer who left gets a reason by the number in the id: 0 to 3 of ten moved, 4 to 6 went to a rival, the others gave none.
awk -F, -v OFS=, 'NR == 1 {print $0, "why"; next} {n = substr($1, length($1)) + 0
  print $0, $3 == "" ? "" : n < 4 ? "moved" : n < 7 ? "rival" : ""}' "$work/world/customers.csv" >"$work/some" &&
  mv "$work/some" "$work/world/customers.csv"
with() { sed "s/^outcome: .*/$1/; s/^    region: .*/&\\n    why:       category/" "$project" >"$work/world/$2.yaml"; }
kinds='kinds: {reason: why, natural: [moved], competitive: [rival], malicious: overdue_amount > 0}'
with "outcome: {horizon: 90d, gap: 14d}\n$kinds" kinds
with "outcome: {horizon: 90d, gap: 14d, exclude: [natural]}\n$kinds" excluding
lost() { awk -F, -v k="$1" '$1 == "kind_total" && $2 == k && $6 == "lost" {print $7}' "$work/out"; }

begin "kinds add up to the lost, and recorded reasons decide"
run 0 rates "$work/world/kinds.yaml" --every '3 months' -o - -q
all=$(awk -F, '$1 == "total" && $2 == "" && $6 == "lost" {print $7}' "$work/out")
sum=$(awk -F, '$1 == "kind_total" && $6 == "lost" {s += $7} END {print s}' "$work/out")
[ "$all" -gt 20 ] && [ "$all" = "$sum" ] || fail "kinds come to $sum of $all"
each=$(awk -F, '$1 == "kind" && $6 == "lost" {s += $7} END {print s}' "$work/out")
[ "$each" = "$all" ] || fail "the periods' kinds come to $each of $all"
money=$(awk -F, '$1 == "kind_total" && $6 == "value_lost" {s += $7} $1 == "total" && $2 == "" && $6 == "value_lost" {s -= $7} END {print s}' "$work/out")
awk -v m="$money" 'BEGIN {exit !(m < 0.01 && m > -0.01)}' || fail "their money is off by $money"
first=$(awk -F, '$1 == "rate" {print $3; exit}' "$work/out") last=$(awk -F, '$1 == "rate" {d = $4} END {print d}' "$work/out")
# those lost were there at the start of the quarter: moved ones by hand, period by period
moved=$(awk -F, '$1 == "rate" && $6 == "lost" {print $3, $4}' "$work/out" | while read -r a b; do
  awk -F, -v a="$a" -v b="$b" 'NR > 1 && $2 < a && $3 >= a && $3 <= b && $NF == "moved"' "$work/world/customers.csv"
done | wc -l)
[ "$(lost natural)" = "$moved" ] || fail "$(lost natural) natural, expected $moved ($first to $last)"
[ "$(lost at_fault)" = 0 ] || fail "someone was lost by our fault"
[ "$(lost malicious)" -gt 0 ] && [ "$(lost unclassified)" -gt 0 ] || fail "no rule was asked"
run 0 rates "$work/world/kinds.yaml" -q
out_says 'Kinds of loss: customers lost, of those there at the start'
out_says 'Kinds of loss: value lost'
run 0 rates "$work/world/kinds.yaml" --json -q
out_says '"kind_totals": ['
out_says '{"kind": "unclassified", '
run 0 rates "$project" --json -q
grep -q kind "$work/out" && fail "a project without kinds has some"

begin "an excluded kind leaves the labels, never as stayed"
run 0 check "$work/world/kinds.yaml" -q
run 0 train "$work/world/kinds.yaml" -o "$work/all.json" --json -q
cp "$work/out" "$work/all"
run 0 train "$work/world/excluding.yaml" -o "$work/model.json" --json -q
grep -q '"excluded": "natural"' "$work/model.json" || fail "the model file forgets"
grep -q excluded "$work/all.json" && fail "a model that excludes nothing says so"
out_says '"excluded": "natural"'
read -r rows churners < <(sed -nE 's/^  "(rows|churners)": ([0-9]+).*/\2/p' "$work/out" | paste -sd' ')
read -r all_rows all_churners < <(sed -nE 's/^  "(rows|churners)": ([0-9]+).*/\2/p' "$work/all" | paste -sd' ')
[ "$churners" -lt "$all_churners" ] || fail "nobody was excluded"
[ $((rows - churners)) = $((all_rows - all_churners)) ] || fail "$((rows - churners)) stayed, not $((all_rows - all_churners))"
run 0 evaluate "$work/world/kinds.yaml" -m "$work/model.json"
err_says 'the model was trained without customers who were lost so: natural; it is judged without: (all count)'
run 0 evaluate "$work/world/excluding.yaml" -m "$work/model.json"
grep -q 'lost so' "$work/err" && fail "it warns of nothing"

begin "why the lost left, against the model"
run 0 evaluate "$work/world/kinds.yaml" -m "$work/all.json" --reasons -q
out_says 'why they left, and what the model says'
out_says 'natural'
out_says 'recorded reason'
out_says "association (Cramer's V, 0 to 1)"
run 0 evaluate "$work/world/kinds.yaml" -m "$work/all.json" --reasons --json -q --threads 1
cp "$work/out" "$work/one"
run 0 evaluate "$work/world/kinds.yaml" -m "$work/all.json" --reasons --json -q --threads 3
same "$work/one" "$work/out"
out_says '"causes": "histories"'
sed 's/^kinds:/playbook: default\nkinds:/' "$work/world/kinds.yaml" >"$work/world/playbook.yaml"
run 0 evaluate "$work/world/playbook.yaml" -m "$work/all.json" --reasons --json -q
out_says '"causes": "playbook"'

begin "what cannot be answered is refused with what to give"
run 78 evaluate "$project" -m "$work/all.json" --reasons
err_says 'the project has no `kinds`'
with "outcome: {horizon: 90d, gap: 14d}\nkinds: {natural: overdue_amount}" wrong
run 78 rates "$work/world/wrong.yaml"
err_says 'is no condition'
with "outcome: {horizon: 90d, gap: 14d}\nkinds: {natural: overdue_amuont > 0}" wrong
run 78 rates "$work/world/wrong.yaml"
err_says 'overdue_amuont'
finish
