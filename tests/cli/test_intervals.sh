#!/usr/bin/env bash
# score --intervals: the columns, where they come, the same bytes whatever the threads, the words about borderline places, databases.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
run 0 train "$project" -o model.json

begin "four columns behind the model, and the rest as it was"
run 0 score "$project" -m model.json --top 60 -o plain.csv
run 0 score "$project" -m model.json --top 60 --intervals -o sure.csv
err_says "borderline"
[ "$(head -1 sure.csv)" = "$(head -1 plain.csv),probability_low,probability_high,top_probability,borderline" ] || fail "$(head -1 sure.csv)"
same plain.csv <(sed 's/\(,[^,]*\)\{4\}$//' sure.csv)
grep -Eq ',0\.[0-9]+,0\.[0-9]+,(0|1|0\.[0-9]+),[01]$' sure.csv || fail "no interval"

begin "the same bytes with any number of threads"
for threads in 1 3; do
  run 0 score "$project" -m model.json --top 60 --intervals --threads $threads -o again.csv; same sure.csv again.csv
done

begin "--columns knows the columns of intervals, where they are asked for"
run 0 score "$project" -m model.json --top 60 --intervals --columns borderline,customer_id,probability_low -o chosen.csv
same chosen.csv <(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i - NF} {print $(NF + at["borderline"]) "," $2 "," $(NF + at["probability_low"])}' sure.csv)
run 2 score "$project" -m model.json --columns borderline; err_says "only with intervals (--intervals)"

begin "the project asks for them"
sed '/^version/a list: {intervals: yes}' "$project" >world/sure.yaml
run 0 score world/sure.yaml -m model.json --top 60 -o again.csv; same sure.csv again.csv
run 0 score world/sure.yaml -m model.json -o all.csv
grep -Eq ',0\.[0-9]+,0\.[0-9]+,,$' all.csv || fail "a place in a list of all"

begin "a word that is no answer"
sed '/^version/a list: {intervals: maybe}' "$project" >world/wrong.yaml
run 78 score world/wrong.yaml -m model.json; err_says "list.intervals"

begin "a database gets them too"
if command -v sqlite3 >/dev/null; then
  run 0 score "$project" -m model.json --top 60 -o sqlite:scores.db
  run 0 score "$project" -m model.json --top 60 --intervals -o sqlite:scores.db
  same <(cut -d, -f1 sure.csv | tail -n +2) <(sqlite3 scores.db 'SELECT rank FROM churn_scores ORDER BY rank')
  same <(awk -F, 'NR > 1 { print $NF }' sure.csv) <(sqlite3 scores.db 'SELECT borderline FROM churn_scores ORDER BY rank')
  count=$(sqlite3 scores.db 'SELECT count(*) FROM churn_scores WHERE probability_low < probability AND probability < probability_high')
  [ "$count" = 60 ] || fail "$count rows with an interval"
else
  skip "sqlite3 is not installed"
fi

finish
