#!/usr/bin/env bash
# Causes, actions and owners: in the list, in a night, in databases, in both languages; who is left out; what `check` shows.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/cli/databases.sh
. "$(dirname "$0")/databases.sh"
make_world
cd "$work" || exit 1
run 0 train "$project" -o model.json -q
with() { { cat world/churn.yaml; printf '%s\n' "$@"; } >world/with.yaml; }
score() { local code=$1; shift; run "$code" score world/with.yaml -m model.json --as-of 2025-06-01 "$@"; }
# Field NUMBER of the lines of a list, by a reader of CSV.
field() { python3 -c 'import csv,sys
for row in csv.reader(open(sys.argv[2], encoding="utf-8")): print(row[int(sys.argv[1])])' "$@"; }
run 0 score "$project" -m model.json --as-of 2025-06-01 -o plain.csv

begin "without a playbook the list is what it was, and --lang changes nothing"
run 0 score "$project" -m model.json --as-of 2025-06-01 --lang zh -o zh.csv; same plain.csv zh.csv
[ "$(head -1 plain.csv)" = "rank,customer_id,as_of,probability,logit,value,expected_loss,reason_1,reason_2,reason_3,model" ] || fail "heading"
run 2 score "$project" -m model.json --lang fr; err_says "expected en or zh"

begin "a playbook appends cause, action and owner to the same lines"
with "playbook: default"
score 0 -o listed.csv
[ "$(head -1 listed.csv)" = "$(head -1 plain.csv),cause,action,owner" ] || fail "heading: $(head -1 listed.csv)"
if command -v python3 >/dev/null; then
  python3 - <<'PY' || fail "the columns before are not those of the plain list"
import csv
a, b = (list(csv.reader(open(f))) for f in ("plain.csv", "listed.csv"))
assert len(a) == len(b) > 100 and all(x == y[:11] and len(y) == 14 for x, y in zip(a, b))
owners = {(row[11], row[13]) for row in b[1:]}
assert ("in arrears", "billing") in owners and ("product or service quality", "product") in owners, owners
assert all(bool(row[11]) == bool(row[12] or row[11].startswith(("the market", "reasons of their"))) for row in b[1:])
PY
fi

begin "--columns knows the columns of the playbook, where there is one"
score 0 --columns owner,customer_id -o chosen.csv
same chosen.csv <(paste -d, <(sed 's/.*,//' listed.csv) <(cut -d, -f2 listed.csv))
run 2 score "$project" -m model.json --columns rank,owner; err_says "only where the project has a playbook"

begin "threads change nothing, a shorter list is the head of the longer one"
score 0 --threads 1 -o one.csv; same listed.csv one.csv
score 0 --top 9 -o top.csv; same top.csv <(head -10 listed.csv)

begin "--lang zh and lang: zh say the same in Chinese; ids and reasons stay"
score 0 --lang zh -o zh.csv
grep -q ',欠费,下次催缴之前商定分期付款,账务$' zh.csv || fail "no Chinese texts"
same <(cut -d, -f1-7 zh.csv) <(cut -d, -f1-7 listed.csv)
with "playbook: default" "lang: zh"
score 0 -o lang.csv; same zh.csv lang.csv
score 0 --lang en -o en.csv; same listed.csv en.csv

begin "customers, categories and reps in any script come through byte for byte"
mkdir scripts
printf 'id,tier,rep,gone\n' >scripts/c.csv
for i in $(seq 60); do
  tier=базовый rep='王芳 Ñ'
  [ $((i % 4)) -ne 0 ] || tier='"金卡 ""V"""'
  [ $((i % 5)) -ne 0 ] || rep='=1+1'
  printf '客户 %s Ω,%s,%s,%s\n' "$i" "$tier" "$rep" "$((i % 3 == 0 || i % 20 == 0))"
done >>scripts/c.csv
printf 'version: 1\ncustomers: {from: c.csv, id: id}\noutcome: {column: gone, positive: 1}\nfeatures: {tier: customers.tier, rep: customers.rep}
fit: {penalty: ridge, lambda: 0.1}\npool: 0\nplaybook: {causes: {rep: {features: [rep]}}}\nlang: zh\n' >scripts/p.yaml
run 0 train scripts/p.yaml -o scripts/model.json -q
run 0 score scripts/p.yaml -m scripts/model.json -o scripts/list.csv
[ "$(tail -n +2 scripts/c.csv | cut -d, -f1 | sort)" = "$(tail -n +2 scripts/list.csv | cut -d, -f2 | sort)" ] || fail "ids are not the same bytes"
grep -qF '"tier: 金卡 ""V"""' scripts/list.csv || fail "the category is not the same bytes"
grep -qF 'rep: =1+1' scripts/list.csv || fail "the rep is not the same bytes"
grep -q '价格变动或不透明' scripts/list.csv && grep -q '客户经理离职或更换' scripts/list.csv || fail "no cause"

begin "a cause may be left out: ranks are dense, the sums count all, and the number is said"
with "playbook: {causes: {life: {features: [tenure_days]}}}" "list: {exclude: natural}"
score 0 -o left.csv; err_says "left out by cause (market, life)"
out=$(grep -o '[0-9,]* left out' err | tr -dc 0-9)
all=$(($(wc -l <plain.csv) - 1)) listed=$(($(wc -l <left.csv) - 1))
[ "$out" -gt 0 ] && [ $((listed + out)) -eq $all ] || fail "$listed listed, $out left out of $all"
[ "$(tail -1 left.csv | cut -d, -f1)" = $listed ] || fail "ranks have gaps"
grep -q 'reasons of their own life' left.csv && fail "one of them is listed"
score 0 --by expected-loss --top 3 -o top.csv; [ "$(wc -l <top.csv)" -eq 4 ] || fail "lines of the top"

begin "a night writes the columns and says who was left out"
printf 'gates: {drift: off, scores: off, missing: off}\nnightly: {outcomes: no}\n' >>world/with.yaml
run 0 nightly world/with.yaml -m model.json --as-of 2025-05-01 -q
run 0 nightly world/with.yaml -m model.json --as-of 2025-06-01 --lang zh; err_says "score: $out customers left out of the list by their cause"
score 0 --lang zh -o left-zh.csv; same left-zh.csv world/runs/latest/ranked.csv
grep -q "\"left_out\": $out,$" world/runs/latest/summary.json || fail "left_out"
grep -q '"cause": "life", .*"listed": false}' world/runs/latest/summary.json || fail "causes of the summary"
[ "$(head -1 world/runs/latest/changes.csv)" = "customer_id,move,rank,previous_rank,logit,previous_logit,change,by_data,by_time,by_model,probability,previous_probability,cause,action,owner" ] || fail "changes.csv"
grep -q '^[^,]*,stayed,.*,欠费,' world/runs/latest/changes.csv || fail "causes of changes.csv"
# Whoever is at the head of the list has the cause there that the list says.
[ "$(sed -n 2p world/runs/latest/changes.csv | sed 's/.*,\([^,]*,[^,]*,[^,]*\)$/\1/')" = "$(sed -n 2p world/runs/latest/ranked.csv | sed 's/.*,\([^,]*,[^,]*,[^,]*\)$/\1/')" ] || fail "another cause"
run 0 nightly world/with.yaml -m model.json --as-of 2025-06-01 --lang zh; err_says unchanged
# Who is left out has no rank, and leaves the head of the list.
awk -F, 'NR > 1 && $2 == "left" && $13 ~ /自身/ { n++; if ($3 != "") bad = 1 } END { exit bad }' world/runs/latest/changes.csv || fail "a rank of who is left out"

desk="capacity: {total: 12, owners: {billing: 4}, each_rep: 2}"
rates="actions: {default: {save_rate: 0.2, cost: 5}, price: {save_rate: 0.4}}"

begin "within a capacity: the head of the list by worth that fits"
with "playbook: default" "$desk" "$rates" "rep: last(rep_id from reps)"
score 0 --by worth -o worth.csv
[ "$(head -1 worth.csv)" = "$(head -1 listed.csv),worth,rep" ] || fail "heading: $(head -1 worth.csv)"
score 0 --within-capacity -o calls.csv; err_says "12 listed"; err_says "do not fit the capacity"
[ "$(wc -l <calls.csv)" -eq 13 ] || fail "lines"
if command -v python3 >/dev/null; then
  python3 - <<'PY' || fail "the list is not the greedy one"
import csv
rows = list(csv.DictReader(open("worth.csv")))
rate = lambda r: 0.4 if r["cause"] == "price moved or opaque" else 0.2
for r in rows:
    assert (r["worth"] == "") == (r["action"] == ""), r
    if r["worth"]:
        assert abs(float(r["worth"]) - (float(r["expected_loss"]) * rate(r) - 5)) < 1e-9, r
taken, owners, reps = [], {}, {}
for r in sorted((r for r in rows if r["worth"] and float(r["worth"]) > 0), key=lambda r: -float(r["worth"])):
    if len(taken) == 12 or r["owner"] == "billing" and owners.get("billing", 0) == 4:
        continue
    if r["owner"] == "rep" and reps.get(r["rep"], 0) == 2:
        continue
    owners[r["owner"]] = owners.get(r["owner"], 0) + 1
    if r["owner"] == "rep": reps[r["rep"]] = reps.get(r["rep"], 0) + 1
    taken.append(r["customer_id"])
assert taken == [r["customer_id"] for r in csv.DictReader(open("calls.csv"))]
PY
fi
score 0 --within-capacity --top 5 -o five.csv; same five.csv <(head -6 calls.csv)
score 0 --within-capacity --threads 1 -o one.csv; same calls.csv one.csv
score 0 -o listed2.csv; same listed.csv listed2.csv

begin "the control group is chosen like all others, and marked; its places stay empty"
with "playbook: default" "$desk" "$rates" "rep: last(rep_id from reps)" "control: {share: 0.3, key: desk}"
score 0 -o marked.csv
score 0 --within-capacity -o control.csv
[ "$(head -1 control.csv)" = "$(head -1 calls.csv),control" ] || fail "heading: $(head -1 control.csv)"
sed 's/,[01]$//; s/,control$//' control.csv >cut.csv; same cut.csv calls.csv
held=$(grep -c ',1$' control.csv)
[ "$held" -gt 0 ] && [ "$held" -lt 12 ] || fail "$held of 12 are in the control group"
err_says "12 listed"; err_says "$held of those listed are in the control group, not to be contacted"
awk -F, 'NR == FNR { mark[$2] = $NF; next } mark[$2] != $NF { exit 1 }' marked.csv control.csv || fail "another mark than on the ranked list"
score 2 --within-capacity --columns rank,worth; err_says "expected its column control too"

if command -v python3 >/dev/null; then
  # night DAY KEYS: calls of that night, into DAY.csv; ids FILE [MARK]
  night() { with "playbook: default" "rep: last(rep_id from reps)" "$rates" "contacts: {history: told, contacted: keep}" "${@:2}"
    sed -i 's/^histories:/&\n  told: {from: told.csv, id: customer_id, day: day}/' world/with.yaml
    run 0 score world/with.yaml -m model.json --as-of "$1" --within-capacity -o "$1.csv"; }
  ids() { python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")):
    if len(sys.argv) < 3 or row["control"] == sys.argv[2]: print(row["customer_id"])' "$@" | sort; }
  begin "who was contacted lately is not called again; a week's calls use up its capacity"
  { echo customer_id,day; ids calls.csv | sed 's/$/,2025-06-01/'; } >world/told.csv
  night 2025-06-02 "$desk"; err_says "12 listed"; err_says "use 0 places"
  [ -z "$(comm -12 <(ids calls.csv) <(ids 2025-06-02.csv))" ] || fail "called again the next day"
  night 2025-06-02 "capacity: {total: 12, owners: {billing: 4}, each_rep: 2, rest: 0d}"
  [ "$(comm -12 <(ids calls.csv) <(ids 2025-06-02.csv) | wc -l)" -gt 6 ] || fail "without rest the list is much the same"
  night 2025-06-08 "capacity: {total: 15, per: 7d}"; err_says "3 listed"; err_says "earlier contacts use 12 places"
  night 2025-06-09 "capacity: {total: 15, per: 7d}"; err_says "15 listed"
  night 2025-07-02 "capacity: {total: 12, owners: {billing: 4}, each_rep: 2}"
  [ -n "$(comm -12 <(ids calls.csv) <(ids 2025-07-02.csv))" ] || fail "rested after a month"

  begin "of the control group a place on the list counts as a contact"
  rm -f world/told.csv; echo customer_id,day >world/told.csv
  with "playbook: default" "rep: last(rep_id from reps)" "$rates" "contacts: {history: told, contacted: keep}" "capacity: {total: 40, per: 7d}" \
    "control: {share: 0.3, key: desk}" "gates: {drift: off, scores: off, missing: off}" "nightly: {outcomes: no, output: turns}"
  sed -i 's/^histories:/&\n  told: {from: told.csv, id: customer_id, day: day}/' world/with.yaml
  run 0 nightly world/with.yaml -m model.json --as-of 2025-06-01; err_says "places kept empty for the control group"
  head -1 world/turns/latest/calls.csv | grep -q ',control$' || fail "no marks"
  cp world/turns/latest/calls.csv first.csv; ids first.csv 1 >control.ids; ids first.csv 0 >called.ids
  sed 's/$/,2025-06-01/' called.ids >>world/told.csv
  run 0 nightly world/with.yaml -m model.json --as-of 2025-06-08
  [ "$(wc -l <world/turns/latest/calls.csv)" -eq 1 ] || fail "the week's calls are used up"
  run 0 nightly world/with.yaml -m model.json --as-of 2025-06-09; ids world/turns/latest/calls.csv >second.ids
  [ "$(wc -l <second.ids)" -eq 40 ] || fail "$(wc -l <second.ids) calls of the second week"
  [ -z "$(comm -12 second.ids <(sort control.ids called.ids))" ] || fail "called or held back again within a month"
  grep -q '"calls": {"customers": .*, "control": .*, "no_room": .*, "used": 0, "resting": [1-9][0-9]*, "no_action": [0-9]*}' world/turns/latest/summary.json || fail "summary: $(grep '"calls"' world/turns/latest/summary.json)"
  head -1 world/turns/latest/changes.csv | grep -q ',owner,control$' || fail "changes.csv is not marked"
  awk -F, 'NR == FNR { mark[$2] = $NF; next } FNR > 1 && ($1 in mark) && mark[$1] != $NF { exit 1 }' marked.csv world/turns/latest/changes.csv || fail "another mark in changes.csv"
fi

begin "what does not go together is told"
score 2 --within-capacity --by expected-loss; err_says "expected no --by"
score 2 --loyal --within-capacity; err_says "list of its own"
score 2 --loyal -o sqlite:loyal.db; err_says "not a database"
score 2 --by value; err_says "expected probability, expected-loss or worth"
run 2 score "$project" -m model.json --within-capacity; err_says "no key \"capacity\""

begin "loyal and slipping has a list of its own"
with "playbook: default" "loyal: {value: 0.5, tenure: 180d, rise: 1.05, since: 14d}"
score 0 --loyal -o loyal.csv; err_says "loyal and slipping since 2025-05-18"; err_says "for at least 180 days"; err_says "probability at least"
[ "$(wc -l <loyal.csv)" -gt 2 ] || fail "nobody is"
score 0 --loyal --top 1 -o one.csv; same one.csv <(head -2 loyal.csv)

begin "a night writes both lists where the project has the keys"
with "playbook: default" "$desk" "$rates" "rep: last(rep_id from reps)" "loyal: {value: 0.5, tenure: 180d, rise: 1.05, since: 14d}" \
  "gates: {drift: off, scores: off, missing: off}" "nightly: {outcomes: no, output: desk}"
run 0 nightly world/with.yaml -m model.json --as-of 2025-06-01
err_says "calls: 12 customers to contact"; err_says "loyal customers are slipping"
same calls.csv world/desk/latest/calls.csv; same loyal.csv world/desk/latest/loyal_and_slipping.csv
same listed.csv world/desk/latest/ranked.csv
grep -q '^  "calls": {"customers": 12, "worth": ' world/desk/latest/summary.json || fail "calls of the summary"
grep -q "^  \"loyal\": {\"customers\": $(($(wc -l <loyal.csv) - 1)), " world/desk/latest/summary.json || fail "loyal of the summary"
grep -q '"name": "calls.csv"' world/desk/latest/manifest.json && grep -q '"name": "loyal_and_slipping.csv"' world/desk/latest/manifest.json || fail "manifest"
run 0 nightly world/with.yaml -m model.json --as-of 2025-06-01 --threads 1; err_says unchanged

with "playbook: {causes: {life: {features: [tenure_days]}}}" "list: {exclude: natural}"
begin "check shows the map"
run 0 check world/with.yaml; out_says "Causes:"; out_says "not listed"
grep -Eq '^ +rep +rep +rep_changes_365d$' out || fail "the map"
grep -Eq '^ +life +none +tenure_days +not listed$' out || fail "the project's own rule"

if ! command -v sqlite3 >/dev/null; then begin "databases"; skip "the program sqlite3 is not installed"; finish; exit; fi
targets=sqlite:scores.db
if start_server; then targets="$targets postgresql:"; else begin "scores in PostgreSQL"; skip "$why"; fi
ask() { case $1 in sqlite:*) lite "${1#sqlite:}" "$2" ;; *) sql "$2" ;; esac; }
with "playbook: default" "lang: zh"
for target in $targets; do
  begin "$target: a table without the columns gets them, the other days stay"
  run 0 score "$project" -m model.json --as-of 2025-05-01 -o $target
  score 0 -o $target
  [ "$(ask $target "SELECT count(*) FROM churn_scores WHERE as_of = '2025-06-01' AND cause IS NOT NULL")" = "$(tail -n +2 zh.csv | grep -vc ',,,$')" ] || fail "causes"
  [ "$(ask $target "SELECT cause || '/' || action || '/' || owner FROM churn_scores WHERE as_of = '2025-06-01' AND rank = 1")" = "$(sed -n 2p zh.csv | sed 's/.*,\([^,]*\),\([^,]*\),\([^,]*\)$/\1\/\2\/\3/')" ] || fail "texts"
  [ "$(ask $target "SELECT count(*) FROM churn_scores WHERE as_of = '2025-05-01' AND cause IS NULL")" -gt 100 ] || fail "the other day"
  begin "$target: another language the same night replaces the texts"
  score 0 --lang en -o $target
  [ "$(ask $target "SELECT count(*) FROM churn_scores WHERE owner = 'billing'")" = "$(grep -c ',billing$' listed.csv)" ] || fail "owners"
  begin "$target: contacts within the capacity, with worth and rep"
  with "playbook: default" "$desk" "$rates" "rep: last(rep_id from reps)"
  score 0 --within-capacity -o $target --table calls
  [ "$(ask $target "SELECT count(*) FROM calls WHERE worth > 0 AND rep IS NOT NULL")" = 12 ] || fail "worth and rep"
  [ "$(ask $target "SELECT customer_id FROM calls ORDER BY worth DESC LIMIT 1")" = "$(sed -n 2p calls.csv | cut -d, -f2)" ] || fail "who is first"
  with "playbook: default" "lang: zh"
  begin "$target: a table made with a playbook"
  score 0 -o $target --table fresh
  [ "$(ask $target "SELECT count(DISTINCT owner) FROM fresh")" -ge 3 ] || fail "owners of a fresh table"
done
finish
