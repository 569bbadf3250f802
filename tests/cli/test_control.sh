#!/usr/bin/env bash
# The control group and the log of contacts: marks on the list, what was saved against it, what training leaves out.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
"$churn" simulate "$work/world" --customers 1500 --months 30 --engagements 0.06 --truth 5 -q || exit 1
cd "$work" || exit 1
"$churn" train world -o model.json -q 2>/dev/null
printf 'control: {share: 0.3, key: spring}\ngates: {drift: off, scores: off, missing: off, rate: off, freshness: off, rows: off}\nnightly: {outcomes: no}\n' >>world/churn.yaml

begin "a list says who is in the control group, and is else what it was"
run 0 score world -m model.json --as-of 2024-12-01 -q; cp out marked
sed '/^control:/d' world/churn.yaml >world/plain.yaml
run 0 score world/plain.yaml -m model.json --as-of 2024-12-01 -q; cp out plain
head -1 marked | grep -q ',model,control$' || fail "heading: $(head -1 marked)"
sed 's/,[^,]*$//' marked >cut; same cut plain
run 0 score world -m model.json --as-of 2025-03-01 -q
awk -F, 'NR == FNR { mark[$2] = $NF; next } ($2 in mark) && mark[$2] != $NF { exit 1 }' marked out || fail "a mark changed from day to day"
run 0 score world -m model.json -o sqlite:scores.db -q
if command -v sqlite3 >/dev/null; then
  [ "$(sqlite3 scores.db 'SELECT count(*) FROM churn_scores WHERE control NOT IN (0, 1)')" = 0 ] || fail "marks in the table"
fi

begin "lists side by side say it, too"
cp model.json other.json
run 0 score world -m model.json -m other.json --as-of 2024-12-01 -o beside.csv -q
head -1 beside.csv | grep -q ',control$' || fail "heading: $(head -1 beside.csv)"
awk -F, 'NR == FNR { mark[$2] = $NF; next } FNR > 1 && mark[$1] != $NF { exit 1 }' marked beside.csv || fail "another mark side by side"
run 0 score world/plain.yaml -m model.json -m other.json --as-of 2024-12-01 -o beside.csv -q
head -1 beside.csv | grep -q ',reason_other$' || fail "heading: $(head -1 beside.csv)"

begin "without nights there is nothing to report, and that is said"
run 0 outcomes world; out_silent; err_says "no published list with a closed label window"
run 2 outcomes world --top -3
run 78 outcomes world/customers.csv

# A third of the treated of the head who would leave are kept: their leaving day goes.
for day in 2024-10-01 2024-11-01 2024-12-01; do run 0 nightly world -m model.json --as-of $day -q; done
run 0 nightly world -m model.json --as-of 2025-05-01 -q # its window is still open
cp world/customers.csv before.csv

# groups K: customers, churned and value lost of the treated and of the control group, worked out from the files.
groups() {
  awk -F, -v top="$1" '
    function number(day, part) { split(day, part, "-"); return mktime(part[1] " " part[2] " " part[3] " 12 0 0") / 86400 }
    FILENAME == "world/customers.csv" { left[$1] = $3; next }
    FNR == 1 || $1 > top || ($2 in seen) { next }
    {
      opens = number($3) + 14; closes = opens + 90; gone = left[$2] == "" ? 1e9 : number(left[$2])
      if (gone < opens) next
      seen[$2] = 1; group = $NF == 1 ? "control" : "treated"; churned = gone < closes
      customers[group]++; lost[group] += churned ? $6 : 0; left_in[group] += churned
    }
    END { for (g = 0; g < 2; g++) { n = g ? "control" : "treated"; printf "%s %d %d %.2f\n", n, customers[n], left_in[n], lost[n] } }
  ' world/customers.csv world/runs/2024-10-01/ranked.csv world/runs/2024-11-01/ranked.csv world/runs/2024-12-01/ranked.csv
}
reported() { awk '/^  "(treated|control)": / { gsub(/[":{]/, ""); name = $1 } /"customers":/ { gsub(",", ""); n = $2 } /"churned":/ { gsub(",", ""); c = $2 }
  /"lost":/ { gsub(",", ""); printf "%s %d %d %.2f\n", name, n, c, $2 }' out; }

begin "the report is what the lists and the customers' file say, for the head and for any K"
for top in 50 200 100000; do
  run 0 outcomes world --top $top --json; out_says '"lists": 3'; out_says '"last": "2024-12-01"'
  groups $top >expected; reported >found; same expected found
done
run 0 outcomes world; out_says "Saved against the control group:"; out_says "percentage points"; out_says "Customers at the head of 3 lists"
run 0 outcomes world -o report.json; out_silent; run 0 outcomes world --json; same report.json out
run 0 outcomes world --json --threads 1; same report.json out

begin "what was rescued shows as saved"
run 0 outcomes world --top 200 --json; cp out none.json
awk -F, -v OFS=, 'FILENAME != "before.csv" { if (FNR > 1 && $1 <= 200 && $NF == 0) rescued[$2] = 1; next }
  FNR > 1 && ($1 in rescued) && ++n % 3 != 0 { $3 = "" } { print }' \
  world/runs/2024-1*-01/ranked.csv before.csv >world/customers.csv
run 0 outcomes world --top 200 --json; groups 200 >expected; reported >found; same expected found
saved() { grep "\"saved_$2\"" "$1" | sed 's/.*"value": \([-0-9.e]*\),.*/\1/'; }
awk -v a="$(saved none.json customers)" -v b="$(saved out customers)" 'BEGIN { exit !(b > a + 5) }' || fail "customers saved: $(saved none.json customers), then $(saved out customers)"
awk -v a="$(saved none.json money)" -v b="$(saved out money)" 'BEGIN { exit !(b > a) }' || fail "money saved"

begin "lists from before the control group are left out, and that is said"
mkdir -p kept && cp -r world/runs/2024-11-01 kept/
sed -i 's/,[^,]*$//' world/runs/2024-11-01/ranked.csv
run 0 outcomes world --json; out_says '"lists": 2'; out_says '"unmarked": 1'; err_says "1 list without the column control is left out"
rm -r world/runs/2024-11-01 && cp -r kept/2024-11-01 world/runs/

begin "control customers who were contacted are counted and named"
# of the group, and a customer to the end of the data
stayer() { awk -F, -v mark="$1" 'FILENAME == "world/customers.csv" { stays[$1] = $3 == ""; next } FNR > 1 && $NF == mark && stays[$2] { print $2; exit }' world/customers.csv world/runs/2024-10-01/ranked.csv; }
first=$(stayer 1) treated=$(stayer 0)
printf 'customer_id,day,with\n%s,2024-10-05,mail\n%s,2024-10-09,phone\n%s,2024-09-30,mail\n' "$first" "$treated" "$treated" >world/contacts.csv
sed -i 's/^histories:/histories:\n  told: {from: contacts.csv, id: customer_id, day: day, columns: {with: category}}/' world/churn.yaml
printf 'contacts: {history: told, contacted: keep}\n' >>world/churn.yaml
run 0 outcomes world --top 100000 --json
grep -A1 '"crossed": \[' out | grep -q "\"$first\"" || fail "$first is not named"
[ "$(grep -c '"contacted": 1,' out)" -eq 2 ] || fail "contacted: $(grep contacted out)"
run 0 outcomes world --top 100000; out_says "1 customer of the control group was contacted all the same"; out_says " $first"

begin "training leaves contacted customers out, and says how many"
{ echo customer_id,day,with; awk -F, 'FNR > 1 && FNR % 4 == 0 { print $1 ",2024-03-15,mail" }' world/customers.csv; } >world/contacts.csv
train() { sed "s/contacted: keep/contacted: $1/" world/churn.yaml >"world/$1.yaml"; run 0 train "world/$1.yaml" -o "$1.json" --json; cp out "$1.out"; }
rows() { sed -n 's/^  "rows": \([0-9]*\),.*/\1/p' "$1.out"; }
train keep; train drop; train model
contacted=$(sed -n 's/.*"contacted": {"rule": "drop", "rows": \([0-9]*\),.*/\1/p' drop.out)
[ "$contacted" -gt 100 ] && [ $(($(rows keep) - $(rows drop))) -eq "$contacted" ] || fail "$contacted contacted, $(rows keep) rows kept, $(rows drop) left"
[ "$(rows model)" -eq "$(rows keep)" ] || fail "rows modelled"
grep -q '"name": "contacted"' model.out || fail "no coefficient of contact"
grep -q '"contacted_rule": "drop"' drop.json || fail "the model does not say it"
run 0 train world/drop.yaml -o drop2.json; out_says "Contacted shortly before the as-of day or in the gap: $contacted rows"; err_says "rows are of customers who were contacted"
run 0 evaluate world/model.yaml -m model.json
run 0 score world/model.yaml -m model.json --top 2 -q
"$churn" retrain world/drop.yaml -q >/dev/null 2>&1 # trips or not, the card is there
card=$(find world/models -name '*.md' | head -1); grep -q "rows of customers contacted shortly before the as-of day or in the gap" "$card" || fail "card"

begin "who was lost counts, contacted or not, where losses are counted"
for verb in "reps" "rates --compare 2024-01-01..2024-06-30,2024-07-01..2024-12-31"; do
  read -r name more <<<"$verb"
  # shellcheck disable=SC2086
  run 0 "$name" world/keep.yaml $more -m keep.json --json -q; cp out keep.counted
  # shellcheck disable=SC2086
  run 0 "$name" world/drop.yaml $more -m keep.json --json -q; same keep.counted out
done
finish
