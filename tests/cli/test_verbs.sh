#!/usr/bin/env bash
# Every verb's happy path: what it writes, where, and the same bytes by every way there.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample=$(realpath "$(dirname "$0")/../../datasets/sample")
make_world
cd "$work" || exit 1
cp -r "$sample" sample

begin "the shipped sample is checked, trained, judged and scored"
run 0 check "$sample/churn.yaml"; out_says "No fault found."
run 0 train "$sample/churn.yaml" -o sample.json; out_says "clustered by customer"
grep -Eq '^Fitted on [0-9,]+ rows \([0-9,]+ churned\) of [0-9,]+ customers \([0-9,]+ churned\),$' out || fail "rows and customers who churned"
run 0 evaluate "$sample/churn.yaml" -m sample.json; out_says "in_sample: no"
run 0 score "$sample/churn.yaml" -m sample.json --top 5 -o sample.csv; [ "$(wc -l <sample.csv)" -eq 6 ] || fail "lines of the list"

begin "compare: a table within 100 columns, verdicts, JSON, sets on the fly"
run 0 compare sample/churn.yaml; out_says "payments beats engagement by 0.180 AUC [0.063, 0.297]"; out_says "random folds"
[ "$(awk '{ if (length > n) n = length } END { print n }' out)" -le 100 ] || fail "a line is wider than 100 columns"
run 0 compare sample --sets "full, full - payments" --folds 3 --capacity 20 --json; out_says '"name": "full - payments"'; out_says '"fold_rule": "customers"'
run 0 compare sample --sets payments --only-one feature --all-pairs; out_says "only overdue_amount"
run 2 compare sample --sets "payments, ful"; err_says 'did you mean "full"?'
run 2 compare sample --leave-one-out customer; err_says "family or feature"
run 2 compare sample --folds 1; err_says "2 to 1000"
run 2 compare; err_says "expected PROJECT"

begin "compare fits 100 columns on a terminal, whatever the sets are called"
if command -v script >/dev/null; then
  long="full - payment_delay_180d - overdue_amount - days_since_rep_change"
  script -qec "'$churn' compare sample --sets 'full,$long,$long - rep_changes_365d' --all-pairs --brief --no-record -q" /dev/null |
    tr -d '\r' | sed 's/…/./g' >terminal
  grep -q "larger" terminal || fail "no table of nested sets"
  [ "$(awk '{ if (length > n) n = length } END { print n }' terminal)" -le 100 ] || fail "a line is wider than 100 columns"
fi

begin "compare keeps a ledger: a line for each, a repeat once, a broken line is named and left out"
rm -r sample/models
run 0 compare sample --sets "full,payments" --brief --seed 7; err_says "recorded as line 1 of"
cp sample/models/comparisons.jsonl once
run 0 compare sample --sets "full,payments" --brief --seed 7 --threads 1; err_says "the same comparison is already line 1 of"
same once sample/models/comparisons.jsonl
run 0 compare sample --sets "full,payments" --brief --seed 8 --no-record; same once sample/models/comparisons.jsonl
printf '{"id": "cut of' >>sample/models/comparisons.jsonl
run 0 compare sample --sets "full,payments" --brief --seed 8 --quiet; err_silent
[ "$(wc -l <sample/models/comparisons.jsonl)" -eq 3 ] || fail "lines of the ledger"
run 0 compare sample --history; out_says "2 comparisons in"; out_says "data customers $(sed -n '1s/.*"source": "customers", "rows": [0-9]*, "fingerprint": "[0-9a-f]*\([0-9a-f]\{8\}\)".*/\1/p' sample/models/comparisons.jsonl)"; out_says "--sets 'full,payments' --seed 8 --brief"
err_says "comparisons.jsonl:2"
(cd sample && "$churn" compare --history 2>/dev/null) | grep -q "2 comparisons in" || fail "without PROJECT"
rm -r sample/models && printf 'a file' >sample/models
run 0 compare sample --sets payments --brief; out_says "payments"; err_says "warning: not recorded:"
rm sample/models

begin "compare --folds-csv and --html"
run 0 compare sample --sets "full,payments" --no-record --folds-csv folds.csv --html page.html --json
[ "$(wc -l <folds.csv)" -eq 9 ] || fail "lines of folds.csv"
[ "$(head -1 folds.csv)" = "set,fold,as_of,training_rows,training_churners,rows,churners,auc,log_loss,brier" ] || fail "heading of folds.csv"
[ ! -e sample/models ] || fail "--no-record made a folder"
run 73 compare sample --html no/such/folder.html

begin "simulate makes a world, and the same one again"
run 0 simulate again --customers 600 --truth 10
out_says "customers.csv"; out_says "churn.yaml"; err_silent
for file in world/*; do same "$file" "again/$(basename "$file")"; done
[ "$(ls -A world | wc -l)" -eq 10 ] || fail "files: $(ls -A world)"
[ "$(wc -l <world/customers.csv)" -eq 601 ] || fail "customers: $(wc -l <world/customers.csv)"

begin "another seed is another world"
run 0 simulate other --customers 600 --truth 10 --seed 2 -q
cmp -s world/customers.csv other/customers.csv && fail "the customers are the same"

begin "simulate --months and --first-day"
run 0 simulate short --customers 50 --months 24 --truth 5 --first-day 2020-02-29 --engagements 0.3 -q
[ "$(sort -t, -k2,2 short/interactions.csv | sed -n 1p | cut -d, -f2)" \< 2020-03-31 ] || fail "the first day is not kept"
sort -t, -k2,2 short/interactions.csv | tail -2 | head -1 | grep -qE ',202[12]-' || fail "24 months are not kept"

begin "check tells what is there and finds no fault"
run 0 check "$project"
out_says "No fault found."; out_says "engagements"; out_says "engagement_trend"; out_says "2024-01-01"; out_says "600"

begin "every verb names the faults of the project file and of its expressions in one round"
sed 's/^  tenure_days: .*/  tenure_days: as_of -/; s/^outcome:.*/outcome: {horizn: 90d}/' world/churn.yaml >world/faults.yaml
for verb in check "train -o none.json"; do
  # shellcheck disable=SC2086
  run 78 ${verb%% *} world/faults.yaml ${verb#"${verb%% *}"}; err_says 'did you mean "horizon"'; err_says "tenure_days: "
done

begin "a flat export has no days"
printf 'id,usage,gone\n' >flat.csv
for i in $(seq 400); do printf 'f%d,%d,%s\n' "$i" $((i * 37 % 101)) "$([ $((i * 13 % 7)) -lt 2 ] && echo yes || echo no)"; done >>flat.csv
printf 'version: 1\ncustomers: {from: flat.csv, id: id}\noutcome: {column: gone, positive: "yes"}\nfeatures: customers.*\nsplit: {test: 0.3}\n' >flat.yaml
run 0 train flat.yaml -o flat.json; out_says "constant rate"; out_says "not recalibrated"
for arguments in "features flat.yaml --as-of 2024-01-01" "train flat.yaml -o x.json --last 2024-01-01" "train flat.yaml -o x.json --test-from 2024-01-01" \
  "evaluate flat.yaml -m flat.json --test-from 2024-01-01" "evaluate flat.yaml -m flat.json --first 2024-01-01" "compare flat.yaml --test-from 2024-01-01 --no-record"; do
  # shellcheck disable=SC2086
  run 2 $arguments; err_says "2024-01-01 was asked for, but this project is a flat export"
done
run 0 evaluate flat.yaml -m flat.json --json
for key in auc_lower null_log_loss null_brier error_kind recalibration; do out_says "\"$key\""; done
run 0 evaluate flat.yaml -m flat.json; out_says "constant rate"; out_says "95 % interval"; out_says "probabilities: not recalibrated"
run 0 score flat.yaml -m flat.json -o flat_ranked.csv; err_says "probabilities not recalibrated"

begin "check finds the leaks a person would miss"
sed 's/region:    {type: category, static: true}/region: category/' world/churn.yaml >world/undated.yaml
run 0 check world/undated.yaml
err_says "customers.region"; err_says "static: true"

begin "check --leaks of a clean world suspects nothing"
run 0 check "$project" --leaks --strict
out_says "14 days earlier"; out_says "days_to_resolve_365d?missing"; out_says "No leak suspected."
cp out leaks
run 0 check "$project" --leaks --threads 1; same out leaks

begin "check --leaks names a reason filled in at closing, train warns of it"
mkdir -p leaky && cp world/*.csv leaky/
awk -F, -v OFS=, 'NR == 1 {print $0, "reason"; next} {print $0, $3 == "" ? "" : "too dear"}' world/customers.csv >leaky/customers.csv
sed 's/^    region: .*/    region: {type: category, static: true}\n    reason: category/; s/^  region: .*/  last_reason: customers.reason/' world/churn.yaml >leaky/churn.yaml
run 0 check leaky --leaks
out_says "tells who ever left"; out_says "2 signs of a possible leak"; err_says "last_reason reads a column without a date and tells who ever left"
run 1 check leaky --leaks --strict
run 0 train leaky -o leaky.json; err_says "tells who ever left"
grep -q "tells who ever left" leaky.json || fail "the model does not keep the warning"
run 0 train leaky -o leaky.json --no-leaks; grep -q "ever left" err && fail "it was looked for"

begin "check --leaks where there are faults"
printf 'C1,2024-01-01\n' >>leaky/customers.csv
run 65 check leaky --leaks --strict; out_says "Leaks: not looked for"

begin "check changes nothing"
before=$(state_of world/churn.yaml)
run 0 check "$project"
[ "$(state_of world/churn.yaml)" = "$before" ] || fail "something changed"

begin "features to standard output, data only there"
run 0 features "$project"
cp out features.csv
head -1 features.csv | grep -q '^customer_id,as_of,churned,engagements_30d,engagement_trend,' || fail "heading: $(head -1 features.csv)"
err_says "rows of 14 features on 21 as-of days"
tail -n +2 features.csv | cut -d, -f1,2 >keys
LC_ALL=C sort -t, -k1,1 -k2,2 -c keys || fail "not ordered by id, then day"
[ "$(sort keys | uniq -d | wc -l)" -eq 0 ] || fail "a customer twice on one day"
awk -F, 'NR > 1 && $3 != "" && $3 != 0 && $3 != 1 {exit 1}' features.csv || fail "churned is neither empty nor 0 nor 1"
[ "$(awk -F, '{print NF}' features.csv | sort -u)" = 17 ] || fail "rows of several lengths"
grep -qiE '(^|,)(-?nan|-?inf)(,|$)' features.csv && fail "a number that is none"

begin "features -o FILE, -o -, --output=FILE: the same bytes"
run 0 features "$project" -o f1.csv; out_silent; same f1.csv features.csv; err_says "f1.csv"
run 0 features "$project" -o -; same out features.csv
run 0 features "$project" --output=f2.csv; same f2.csv features.csv

begin "options may stand before and behind the project"
run 0 features -o f3.csv -q "$project"; same f3.csv features.csv

begin "features for any number of threads"
for threads in 1 2 7; do
  run 0 features "$project" --threads $threads -o f4.csv; same f4.csv features.csv
done

begin "features on one day and on a span of days"
run 0 features "$project" --as-of 2024-03-01 -o day.csv
{ head -1 features.csv; grep -E '^[^,]*,2024-03-01,' features.csv; } >expected; same day.csv expected
run 0 features "$project" --first 2024-03-01 --last 2024-05-31 -o span.csv
{ head -1 features.csv; grep -E '^[^,]*,2024-0[345]-01,' features.csv; } >expected; same span.csv expected

begin "features --set"
run 0 features "$project" --set engagement -o set.csv
cut -d, -f1-6 features.csv >expected; same set.csv expected

begin "the base at T: joined before T, not left before T"
awk -F, 'NR > 1 && $2 < "2024-03-01" && ($3 == "" || $3 >= "2024-03-01") {print $1}' world/customers.csv | sort >expected
tail -n +2 day.csv | cut -d, -f1 >found; same found expected

begin "labels: left within [T+14, T+104)"
awk -F, 'NR > 1 && $2 < "2024-03-01" && $3 >= "2024-03-15" && $3 < "2024-06-13" {print $1}' world/customers.csv | sort >expected
awk -F, 'NR > 1 && $3 == 1 {print $1}' day.csv >found; same found expected

begin "a label file: its rows are the table, and with --as-of everybody"
awk -F, 'BEGIN {print "id,at,gone"} NR % 7 == 3 && $2 < "2024-05-17" && ($3 == "" || $3 >= "2024-05-17") {print $1 ",2024-05-17," NR % 2}' \
  world/customers.csv >world/labels.csv
sed 's/^outcome:.*/outcome: {from: labels.csv, id: id, day: at, churned: gone, horizon: 90d}/' "$project" >world/labels.yaml
run 0 features world/labels.yaml -o labelled.csv
tail -n +2 world/labels.csv | sort >expected; tail -n +2 labelled.csv | cut -d, -f1-3 >found; same found expected
run 0 features world/labels.yaml --as-of 2024-05-17 -o everybody.csv
[ "$(wc -l <everybody.csv)" -gt "$(wc -l <labelled.csv)" ] || fail "not everybody"
sort labelled.csv >expected; cut -d, -f1,2 labelled.csv | grep -Ff - everybody.csv | sort >found; same found expected

begin "train writes a model and prints the fit"
run 0 train "$project" -o model.json
out_says "engagements_30d"; out_says "Log-likelihood"; err_says "model.json"
grep -q '"coefficients"\|"columns"' model.json || fail "no coefficients"
grep -qF "$work" model.json && fail "a path of this machine is in the model"

begin "train again, on another number of threads, to standard output: the same bytes"
run 0 train "$project" -o model2.json --threads 1; same model.json model2.json
run 0 train "$project" -o -; same out model.json

begin "train --json"
run 0 train "$project" -o model3.json --json; same model.json model3.json
for key in rows churners log_likelihood null_log_likelihood iterations max_gradient stopped_by penalty coefficients estimate \
  std_error z p covariance warnings; do out_says "\"$key\""; done

begin "train --set, --first, --last, --test-from"
run 0 train "$project" -o small.json --set engagement --json
[ "$(grep -o '"name": *"[a-z_0-9?=()]*"' out | grep -c engagement)" -ge 3 ] || fail "the set's columns are not there"
out_says '"rows"'
rows=$(grep -o '"rows": *[0-9]*' out | head -1)
run 0 train "$project" -o few.json --set engagement --json --last 2024-06-01
[ "$(grep -o '"rows": *[0-9]*' out | head -1)" != "$rows" ] || fail "--last changes nothing"
run 0 train "$project" -o fewer.json --set engagement --json --test-from 2024-09-01
[ "$(grep -o '"rows": *[0-9]*' out | head -1)" != "$rows" ] || fail "--test-from changes nothing"

begin "train takes compare's sets put together, and names are whole in a pipe"
run 0 train "$project" -o less.json --set "engagement - engagement_trend"
out_says "engagements_30d"; grep -q engagement_trend out && fail "it was to be left out"
grep -qF '"set": "engagement - engagement_trend"' less.json || fail "the model does not tell its set"
run 0 evaluate "$project" -m less.json; out_says "clustered by customer"
sed 's/^  days_since_engagement:/  how_many_days_have_gone_by_since_the_customer_was_seen_for_the_last_time_in_any_of_our_shops:/; s/, days_since_engagement\]/]/' world/churn.yaml >world/long.yaml
run 0 train world/long.yaml -o long.json; out_says "how_many_days_have_gone_by_since_the_customer_was_seen_for_the_last_time_in_any_of_our_shops "

begin "evaluate"
run 0 evaluate "$project" -m model.json
out_says "AUC"; out_says "in_sample: no"; out_says "lift"

begin "evaluate --json"
run 0 evaluate "$project" -m model.json --json
for key in rows churners auc log_loss brier calibration intercept slope deciles mean_probability lift; do out_says "\"$key\""; done
cp out evaluation.json
run 0 evaluate "$project" -m model.json --json --threads 1; same out evaluation.json

begin "evaluate on training days says in_sample"
run 0 evaluate "$project" -m model.json --test-from 2024-01-01; out_says "in_sample: yes"

begin "evaluate --capacity"
run 0 evaluate "$project" -m model.json --json --capacity 7,31; out_says '"count": 7'; out_says '"count": 31'

begin "score"
run 0 score "$project" -m model.json
cp out ranked.csv
[ "$(head -1 ranked.csv)" = rank,customer_id,as_of,probability,logit,value,expected_loss,reason_1,reason_2,reason_3,model ] || fail "heading"
err_says "customers scored as of 2026-01-01"
tail -n +2 ranked.csv | cut -d, -f1 | cmp -s - <(seq $(($(wc -l <ranked.csv) - 1))) || fail "ranks are not 1, 2, 3, …"
awk -F, 'NR > 2 && $4 > last {exit 1} {last = $4}' ranked.csv || fail "not ordered by probability"
awk -F, 'NR > 1 && $3 != "2026-01-01" {exit 1}' ranked.csv || fail "another day"
awk -F, 'NR > 1 && $2 < "2026-01-01" && ($3 == "" || $3 >= "2026-01-01") {print $1}' world/customers.csv | sort >expected
tail -n +2 ranked.csv | cut -d, -f2 | sort >found; same found expected

begin "score -o FILE, -o -, on one thread, by a model from standard input: the same bytes"
run 0 score "$project" -m model.json -o r1.csv; out_silent; same r1.csv ranked.csv
run 0 score "$project" -m model.json -o -; same out ranked.csv
run 0 score "$project" -m model.json --threads 1 -o r2.csv; same r2.csv ranked.csv
"$churn" score "$project" -m - -q <model.json >r3.csv || fail "the model from standard input"; same r3.csv ranked.csv

begin "score --top"
run 0 score "$project" -m model.json --top 5; head -6 ranked.csv >expected; same out expected
run 0 score "$project" -m model.json --top 100000; same out ranked.csv

begin "score --columns"
run 0 score "$project" -m model.json --columns customer_id,probability; cut -d, -f2,4 ranked.csv >expected; same out expected
run 0 score "$project" -m model.json --columns logit,rank --top 7; head -8 ranked.csv | awk -F, '{print $5 "," $1}' >expected; same out expected

begin "score --by expected-loss"
run 0 score "$project" -m model.json --by expected-loss
awk -F, 'NR > 2 && $7 != "" && $7 > last {exit 1} {last = $7}' out || fail "not ordered by expected loss"
cut -d, -f2 out | sort >found; cut -d, -f2 ranked.csv | sort >expected; same found expected
run 0 score "$project" -m model.json --by probability; same out ranked.csv

begin "score --as-of"
run 0 score "$project" -m model.json --as-of 2025-06-15 -o r4.csv
awk -F, 'NR > 1 && $3 != "2025-06-15" {exit 1}' r4.csv || fail "another day"

begin "the project from standard input, relative to the current folder"
(cd world && "$churn" features - -q <churn.yaml >../f5.csv) || fail "features -"; same f5.csv features.csv

begin "a source from standard input and from elsewhere"
"$churn" features "$project" --source customers=- -q <world/customers.csv >f6.csv || fail "customers from standard input"
same f6.csv features.csv
"$churn" features "$project" --source engagements=- -q <world/interactions.csv >f6.csv || fail "a history from standard input"
same f6.csv features.csv
mkdir moved && cp world/complaints.csv moved/c.csv
run 0 features "$project" --source complaints=moved/c.csv --source reps=other/rep_assignments.csv -o f7.csv
cmp -s f7.csv features.csv && fail "the other file is not read"
run 0 features "$project" --source complaints=moved/c.csv -o f8.csv; same f8.csv features.csv

begin "a compressed source"
gzip -k moved/c.csv && run 0 features "$project" --source complaints=moved/c.csv.gz -o f9.csv; same f9.csv features.csv

begin "rows in another order"
mkdir shuffled && cp world/churn.yaml shuffled/
for file in world/*.csv; do { head -1 "$file"; tail -n +2 "$file" | sort -t, -k2,2r -k3,3; } >"shuffled/$(basename "$file")"; done
run 0 features shuffled/churn.yaml -o f10.csv; same f10.csv features.csv
run 0 train shuffled/churn.yaml -o model4.json -q; same model4.json model.json

begin "-q is silent on success"
run 0 features "$project" -o q.csv -q; out_silent; err_silent
run 0 train "$project" -o q.json --quiet; out_silent; err_silent
run 0 score "$project" -m model.json -o q.csv -q; out_silent; err_silent
run 0 simulate quiet --customers 50 --truth 5 -q; out_silent; err_silent
run 0 evaluate "$project" -m model.json -q; err_silent; out_says "AUC"
run 0 check "$project" -q; err_silent
run 66 features none.yaml -q; out_silent; err_says "none.yaml"

begin "-v says at least as much"
run 0 features "$project" -o q.csv; cp err normal
run 0 features "$project" -o q.csv -v
[ "$(wc -l <err)" -ge "$(wc -l <normal)" ] || fail "it says less"

begin "no escape sequence and no progress bar outside a terminal"
run 0 train "$project" -o q.json
grep -q "$(printf '[\033\r]')" out err && fail "control characters"

begin "demo, whose folder is churn-demo unless named"
run 0 demo
for file in churn.yaml features.csv model.json ranked.csv; do [ -s "churn-demo/$file" ] || fail "no $file"; out_says "$file"; done
out_says "AUC"; out_says "churn check churn-demo/churn.yaml"

begin "the demo's files are what the verbs make"
mkdir checked
run 0 features churn-demo/churn.yaml -o checked/f.csv; same checked/f.csv churn-demo/features.csv
run 0 train churn-demo/churn.yaml -o checked/m.json; same checked/m.json churn-demo/model.json
run 0 score churn-demo/churn.yaml -m churn-demo/model.json -o checked/r.csv; same checked/r.csv churn-demo/ranked.csv

begin "demo DIR that cannot be made"
run 73 demo churn-demo/churn.yaml; err_says "churn-demo/churn.yaml"

finish
