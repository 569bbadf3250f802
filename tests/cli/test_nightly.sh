#!/usr/bin/env bash
# The operator's night: what it publishes, when it does not, and that nothing else ever stands there.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
ulimit -c 0
"$churn" train world/churn.yaml -o model.json -q 2>/dev/null
# Of so few customers these trip by chance.
printf 'gates: {drift: off, scores: off, missing: off}\nnightly: {keep: 4, outcomes: no}\n' >>world/churn.yaml
night="nightly world -m model.json"
day=2025-12-01

# The list of a day as `score` gives it.
scored() { "$churn" score world -m model.json --as-of "$1" -q; }
litter() { find world/runs -name '.tmp-*' -o -name '*.part'; }

begin "a night publishes the list of score, a summary, the model and a manifest"
run 0 $night --as-of $day
err_says "done: "; err_says "0 of"; err_says "published: world/runs/$day"
[ "$(ls world/runs/$day)" = "$(printf 'manifest.json\nmodel.json\nranked.csv\nsummary.json')" ] || fail "files: $(ls world/runs/$day)"
scored $day >expected; same expected world/runs/latest/ranked.csv
same model.json world/runs/$day/model.json
[ "$(readlink world/runs/latest)" = $day ] || fail "latest is $(readlink world/runs/latest)"
grep -q '"verdict": "passed"' world/runs/$day/manifest.json || fail "verdict"
customers=$(($(wc -l <expected) - 1))
grep -q "^  \"customers\": $customers,$" world/runs/$day/summary.json || fail "summary"
if command -v xxhsum >/dev/null; then
  for file in ranked.csv model.json summary.json; do
    grep -q "\"name\": \"$file\", .*\"$(xxhsum -q -H2 world/runs/$day/$file | cut -d' ' -f1)\"" world/runs/$day/manifest.json ||
      fail "hash of $file"
  done
fi

begin "the same day again is left alone, by any number of threads, without cache or with little memory"
cp -r world/runs/$day first
state=$(stat -c '%i %Z' world/runs/$day world/runs/$day/*)
for how in "--threads 1" "--threads 3" "--memory 1M" "--no-cache"; do
  # shellcheck disable=SC2086
  run 0 $night --as-of $day $how
  err_says unchanged
  [ "$(stat -c '%i %Z' world/runs/$day world/runs/$day/*)" = "$state" ] || fail "the folder was touched with $how"
done
rm -r world/runs; run 0 $night --as-of $day
diff -r first world/runs/$day >/dev/null || fail "made anew it differs"
grep -rlE "$(hostname)|$work" world/runs/$day && fail "a host or a path is in it"

begin "an earlier day is published, and latest stays"
run 0 $night --as-of 2025-11-20
[ "$(readlink world/runs/latest)" = $day ] || fail "latest went back to $(readlink world/runs/latest)"
scored 2025-11-20 >expected; same expected world/runs/2025-11-20/ranked.csv

begin "nothing dated on or after the day counts: sources cut there give the same list and figures"
mkdir cut && sed 's/^cache:.*//' world/churn.yaml >cut/churn.yaml
for file in interactions complaints prices rep_assignments invoices; do
  awk -F, -v day=$day -v file=$file 'NR == 1 || $2 < day' world/$file.csv >cut/$file.csv
done
head -1 world/customers.csv | grep -q '^customer_id,signup_date,closed_date' || fail "the customers' columns have moved: $(head -1 world/customers.csv)"
awk -F, -v OFS=, -v day=$day 'NR == 1 { print; next } $2 < day { if ($3 >= day) $3 = ""; print }' world/customers.csv >cut/customers.csv
[ "$(wc -l <cut/interactions.csv)" -lt "$(wc -l <world/interactions.csv)" ] || fail "nothing was cut"
run 0 nightly cut -m model.json --as-of $day
same first/ranked.csv cut/runs/$day/ranked.csv
same first/summary.json cut/runs/$day/summary.json
figures() { grep -vE '"fingerprint"|"gate": "rejected"' "$1/manifest.json"; }
diff <(figures first) <(figures cut/runs/$day) >out || fail "figures differ: $(head -c 400 out)"

begin "what changed since the run before: three parts that add up, no model's part where the model is the same"
list=world/runs/$day/changes.csv
[ ! -e $list ] || fail "the first run has changes"
run 0 $night --as-of 2025-12-02
list=world/runs/2025-12-02/changes.csv
head -1 $list | grep -q '^customer_id,move,rank,previous_rank,logit,previous_logit,change,by_data,by_time,by_model,probability,previous_probability$' || fail "headings"
grep -q '"changes": {"since": "2025-12-01"' world/runs/2025-12-02/summary.json || fail "summary"
# Against the two lists, and the sum of the parts.
adds_up() {
  awk -F, -v OFS=, -v later="$2" -v earlier="$3" -v head=36 '
    FILENAME == later { if (FNR > 1) { rank[$2] = $1; logit[$2] = $5; p[$2] = $4 } next }
    FILENAME == earlier { if (FNR > 1) { before[$2] = $1; was[$2] = $5; q[$2] = $4 } next }
    FNR == 1 { next }
    { now = $1 in rank; then = $1 in before }
    $11 != p[$1] || $12 != q[$1] { print "probabilities of " $0 }
    $3 != rank[$1] || $4 != before[$1] || $5 != logit[$1] || $6 != was[$1] { print "figures of " $0 }
    { seen[$1] = 1
      move = !now ? "gone" : $3 > head ? "left" : !then ? "joined" : $4 > head ? "entered" : "stayed"
      if (move != $2) print "move " $0 " is " move }
    $5 != "" && $6 != "" { off = $5 - $6 - $8 - $9 - $10; if (off > 1e-12 || off < -1e-12) print "parts of " $0
      if ($8 != 0) data++; if ($9 != 0) time++; if ($10 != 0) model++ }
    END { for (id in rank) if (rank[id] != "" && (rank[id] <= head || (id in before && before[id] <= head)) && !(id in seen)) print "lacks " id
      printf "%d %d %d\n", data, time, model >"parts" }' "$2" "$3" "$1" >out
  [ ! -s out ] || fail "$(head -c 300 out)"
}
adds_up $list world/runs/2025-12-02/ranked.csv world/runs/$day/ranked.csv
read -r by_data by_time by_model <parts
[ "$by_data" -gt 0 ] && [ "$by_time" -gt 0 ] && [ "$by_model" -eq 0 ] || fail "parts: $(cat parts)"

begin "with another model the rest is the model's, and late rows are data's"
"$churn" train world/churn.yaml -o other.json -q --test-from 2025-01-01 2>/dev/null
cp -r world/runs apart
sed 's/^nightly:.*/nightly: {keep: 40}/' world/churn.yaml >world/long.yaml
run 0 nightly world/long.yaml -m other.json --as-of 2025-12-16 -o apart
adds_up apart/2025-12-16/changes.csv apart/2025-12-16/ranked.csv apart/2025-12-02/ranked.csv
read -r by_data by_time by_model <parts
[ "$by_data" -gt 0 ] && [ "$by_model" -gt 0 ] || fail "parts: $(cat parts)"
# The same day again a run later, with nothing new but a row that came late: neither time nor model has a part in that.
first=$(sed -n 2p apart/2025-12-16/ranked.csv | cut -d, -f2)
{ cat world/complaints.csv; printf '%s,2025-12-01,,3,support\n' "$first"; } >late.csv
run 0 nightly world/long.yaml -m other.json --as-of 2025-12-17 -o apart --source complaints=late.csv
mv apart/2025-12-17 late; run 0 nightly world/long.yaml -m other.json --as-of 2025-12-17 -o apart
adds_up late/changes.csv late/ranked.csv apart/2025-12-16/ranked.csv
awk -F, -v id="$first" '$1 == id { print $8, $9, $10 }' late/changes.csv >a
awk -F, -v id="$first" '$1 == id { print $8, $9, $10 }' apart/2025-12-17/changes.csv >b
read -r late_data late_time late_model <a; read -r data time model <b
[ "$late_data" != "$data" ] || fail "a late row is not in the data's part: $(cat a b)"
[ "$late_model" = "$model" ] || fail "the model's part: $(cat a b)"
sed 's/^nightly:.*/nightly: {changes: no, keep: 40}/' world/churn.yaml >world/quick.yaml
run 0 nightly world/quick.yaml -m other.json --as-of 2025-12-18 -o apart; [ ! -e apart/2025-12-18/changes.csv ] || fail "changes: no"
rm apart/2025-12-17/model.json
rm -r apart/2025-12-18; run 0 nightly world/long.yaml -m model.json --as-of 2025-12-18 -o apart; err_says "what changed since 2025-12-17 is not known"; err_says "model.json"
rm -r world/runs/2025-12-02; ln -sfn $day world/runs/latest

begin "half a file is caught, nothing is published, and what was stays"
cp -r world/runs/. before
half=$(($(wc -l <world/interactions.csv) / 2))
head -n $half world/interactions.csv >half.csv
run 1 $night --as-of 2025-12-02 --source engagements=half.csv
err_says "rows tripped, holds the night back: engagements"; err_says "HELD BACK"
[ "$(readlink world/runs/latest)" = $day ] && [ ! -e world/runs/2025-12-02 ] || fail "it was published"
diff -r before/$day world/runs/$day >/dev/null || fail "the old run changed"
[ -s world/runs/2025-12-02.held/ranked.csv ] || fail "no held run to look at"
grep -q '"verdict": "held"' world/runs/2025-12-02.held/manifest.json || fail "verdict"

begin "who knows that the export is right releases the night, and later nights are held against it"
cp -r world/runs released
run 1 $night --as-of 2025-12-02 --source engagements=half.csv -o released --release
err_says "rows tripped, and is overruled: engagements"; err_says "published all the same: released/2025-12-02"
grep -q '"verdict": "released"' released/2025-12-02/manifest.json && [ "$(readlink released/latest)" = 2025-12-02 ] || fail "it is not published"
[ ! -e released/2025-12-02.held ] || fail "it is held all the same"
run 0 $night --as-of 2025-12-03 --source engagements=half.csv -o released
run 1 $night --as-of 2025-12-04 -o released; err_says "rows tripped, holds the night back: engagements"; [ ! -e released/2025-12-04 ] || fail "published"

begin "a held night is forgotten when the day is published after all"
run 0 $night --as-of 2025-12-02
[ ! -e world/runs/2025-12-02.held ] || fail "it is still there"
[ "$(readlink world/runs/latest)" = 2025-12-02 ] || fail "latest is $(readlink world/runs/latest)"

begin "yesterday's file again, unknown ids, and a source in another form"
awk -F, -v day=2025-12-01 'NR == 1 || $2 < day' world/interactions.csv >stale.csv
run 1 $night --as-of 2025-12-03 --source engagements=stale.csv; err_says "freshness tripped, holds the night back: engagements"
sed '2,$s/^C/X/' world/interactions.csv >ids.csv
run 1 $night --as-of 2025-12-03 --source engagements=ids.csv; err_says "unmatched tripped, holds the night back: engagements"
tr , ';' <world/interactions.csv >semicolons.csv
run 65 $night --as-of 2025-12-03 --source engagements=semicolons.csv; err_says semicolons.csv
[ ! -e world/runs/2025-12-03 ] && [ "$(readlink world/runs/latest)" = 2025-12-02 ] || fail "it was published"

begin "a gate that does not hold publishes and ends with 1"
sed 's/^gates:.*/gates: {rows: {limit: 0.2, hold: no}, drift: off, scores: off, missing: off, freshness: off}/' world/churn.yaml >world/soft.yaml
run 1 nightly world/soft.yaml -m model.json --as-of 2025-12-03 --source engagements=half.csv
err_says "gate: rows tripped: engagements"
[ "$(readlink world/runs/latest)" = 2025-12-03 ] || fail "it was not published"
grep -q '"verdict": "tripped"' world/runs/2025-12-03/manifest.json || fail "verdict"
sed 's/^gates:.*/gates: {rows: {except: ["engage*"]}, drift: off, scores: off, missing: off, freshness: off}/' world/churn.yaml >world/soft.yaml
run 0 nightly world/soft.yaml -m model.json --as-of 2025-12-03 --source engagements=half.csv

begin "what trips night after night by the same model is news for so many days, and then known, until it goes for long, jumps, or another model scores"
sed 's/^gates:.*/gates: {unmatched: {limit: 0, hold: no}, rows: off, freshness: off, rate: off, drift: off, scores: off, missing: off}/; s/^nightly:.*/nightly: {known_after: 3d, outcomes: no}/' \
  world/churn.yaml >world/known.yaml
awk -F, -v OFS=, 'NR > 1 && NR % 50 == 0 { $1 = "X" $1 } { print }' world/interactions.csv >some.csv
awk -F, -v OFS=, 'NR > 1 && NR % 20 == 0 { $1 = "X" $1 } { print }' world/interactions.csv >more.csv
known() { # CODE DAY SOURCE [OPTION…]
  local code=$1 day=2025-12-$2 source=$3
  shift 3
  run "$code" nightly world/known.yaml -m model.json "$@" --as-of "$day" -o known --source engagements=$source
}
known 1 01 some.csv; err_says "gate: unmatched tripped: engagements"
known 1 02 some.csv; err_says "gate: unmatched tripped since 2025-12-01: engagements"; known 1 03 some.csv
known 0 04 some.csv; err_says "gate: unmatched known since 2025-12-01: engagements"; err_says "0 of"; err_says "tripped, 1 known; published"
grep -q '"verdict": "passed"' known/2025-12-04/manifest.json && grep -q '"verdict": "known", "since": "2025-12-01"' known/2025-12-04/manifest.json || fail "manifest"
known 0 05 some.csv -q; err_silent
cp -r known/2025-12-05 again; rm -r known/2025-12-05; known 0 05 some.csv; diff -r again known/2025-12-05 >/dev/null || fail "the same night gives other bytes"
known 1 06 more.csv; err_says "gate: unmatched tripped: engagements"
known 1 07 some.csv; err_says "tripped since 2025-12-06"
known 1 08 some.csv -m other.json; err_says "gate: unmatched tripped: engagements"
known 0 09 world/interactions.csv
known 1 10 some.csv; err_says "gate: unmatched tripped: engagements"
known 1 11 some.csv; known 0 12 world/interactions.csv
known 0 13 some.csv; err_says "gate: unmatched known since 2025-12-10"
sed -i 's/known_after: 3d/known_after: never/' world/known.yaml
for d in 14 15; do known 1 $d some.csv; done
err_says "tripped since 2025-12-10"
sed -i 's/known_after: never/known_after: 1d/; s/hold: no/hold: yes/' world/known.yaml
known 1 16 some.csv --release; err_says "unmatched tripped since 2025-12-10, and is overruled"
sed -i 's/hold: yes/hold: no/' world/known.yaml
for d in 17 18 19 20 21 22; do known 0 $d world/interactions.csv; done
known 0 23 some.csv; err_says "known since 2025-12-10"
for d in 24 25 26 27 28 29 30; do known 0 $d world/interactions.csv; done
known 1 31 some.csv; err_says "gate: unmatched tripped: engagements"

begin "only so many runs stay, never the last good one, never latest"
run 1 $night --as-of 2025-11-21 --source engagements=half.csv # held back, older than all that stay
for d in 04 05 06 07; do run 0 $night --as-of 2025-12-$d; done
err_says "retain: "
[ "$(cd world/runs && echo *)" = "2025-12-04 2025-12-05 2025-12-06 2025-12-07 latest" ] || fail "there is $(cd world/runs && echo *)"
sed 's/^gates:.*/gates: {unmatched: {limit: 0, hold: no}}/; s/keep: 4/keep: 1/' world/churn.yaml >world/strict.yaml
sed '$p; $s/^[^,]*,[^,]*/nobody,2025-11-01/' world/interactions.csv >strange.csv
for d in 08 09 10; do run 1 nightly world/strict.yaml -m model.json --as-of 2025-12-$d --source engagements=strange.csv; done
[ "$(cd world/runs && echo *)" = "2025-12-07 2025-12-10 latest" ] || fail "there is $(cd world/runs && echo *)"

begin "runs that were held back stay only as many"
run 0 $night --as-of 2025-12-10 -o held
for d in 11 12 13 14 15 16; do run 1 $night --as-of 2025-12-$d --source engagements=half.csv -o held; done
[ "$(cd held && echo *)" = "2025-12-10 2025-12-13.held 2025-12-14.held 2025-12-15.held 2025-12-16.held latest" ] || fail "there is $(cd held && echo *)"

begin "once a label window has closed the list is judged, once, beside what was estimated"
sed 's/^nightly:.*/nightly: {keep: 1, changes: no}/' world/churn.yaml >world/judged.yaml
judged="nightly world/judged.yaml -m model.json -o judged"
for d in 2025-07-01 2025-07-15 2025-10-12; do run 0 $judged --as-of $d; [ ! -e judged/outcomes.jsonl ] || fail "judged too early"; done
run 0 $judged --as-of 2025-10-13; err_says "outcome: 2025-07-01: " # 2025-07-01 + 14 + 90 days
[ "$(wc -l <judged/outcomes.jsonl)" -eq 1 ] || fail "lines"
run 0 $judged --as-of 2025-10-27
grep -q '^{"as_of": "2025-07-15", ' judged/outcomes.jsonl || fail "the second list"
[ "$(wc -l <judged/outcomes.jsonl)" -eq 2 ] || fail "lines"
# keep: 1 counts runs that are judged; those that are not stay.
[ "$(cd judged && echo 20*)" = "2025-07-15 2025-10-12 2025-10-13 2025-10-27" ] || fail "there is $(cd judged && echo 20*)"
# By hand from the list and the customers' file.
awk -F, -v from=2025-07-29 -v to=2025-10-27 'NR == FNR { if (FNR > 1) left[$1] = $3; next }
  FNR > 1 && (left[$2] == "" || left[$2] >= from) { n++; churned += left[$2] != "" && left[$2] < to
  }
  END { printf "\"judged\": %d, \"churned\": %d,", n, churned }' world/customers.csv judged/2025-07-15/ranked.csv >expected
tail -1 judged/outcomes.jsonl | grep -qF "$(cat expected)" || fail "expected $(cat expected) in $(tail -1 judged/outcomes.jsonl)"
awk -F, -v from=2025-07-29 -v to=2025-10-27 'NR == FNR { if (FNR > 1) left[$1] = $3; next }
  FNR > 1 && (left[$2] == "" || left[$2] >= from) { y = left[$2] != "" && left[$2] < to; if (y) { churned++; below += stayers } else stayers++ }
  END { printf "%.10f\n", 1 - below / churned / stayers }' world/customers.csv judged/2025-07-15/ranked.csv >expected
[ "$(tail -1 judged/outcomes.jsonl | sed 's/.*"auc": \([0-9.]*\),.*/\1/' | xargs printf '%.10f\n')" = "$(cat expected)" ] || fail "AUC $(cat expected)"
run 0 $judged --outcomes; [ "$(wc -l <out)" -eq 3 ] || fail "lines of the table"; out_says 2025-07-15
run 0 $judged --outcomes; head -1 out | tr -s ' ' '\n' | sort | uniq -d >twice; grep -qvE '^(AUC|caught|expected|of|as)?$' twice && fail "a heading stands twice: $(cat twice)"
run 0 $night -o nowhere --outcomes; out_silent; err_says "no list has been judged yet"
# Of the head of a list alone nothing was estimated.
topped="${judged% -o *} -o topped"
run 0 $topped --as-of 2025-07-01 --top 90; run 0 $topped --as-of 2025-10-13; err_says "of the listed alone, no estimate"
grep -q '"judged": 8[0-9], .*"estimated_auc": null, ' topped/outcomes.jsonl || fail "$(cat topped/outcomes.jsonl)"
run 0 $topped --outcomes; out_says "n/a"
# A list that cannot be read just now waits; one that is not there is given up.
rm judged/outcomes.jsonl; mv judged/2025-07-15/ranked.csv list.csv; mkdir judged/2025-07-15/ranked.csv
run 0 $judged --as-of 2025-10-28; err_says "what became of the list of 2025-07-15 is not known"
[ -d judged/2025-07-15 ] || fail "a run that was never judged is gone"
rmdir judged/2025-07-15/ranked.csv; mv list.csv judged/2025-07-15/ranked.csv
run 0 $judged --as-of 2025-10-28; err_says "outcome: 2025-07-15: "
echo '{"as_of": 3}' >>judged/outcomes.jsonl
run 0 $judged --as-of 2025-10-28; err_says "outcomes.jsonl:2"

begin "logs: a level a line for journald, an object a line for programs, nothing with -q but what trips"
run 0 $night --as-of 2025-12-07 --log-format journal
grep -vqE '^<[346]>[a-z]+: ' err && fail "a line without level: $(grep -vE '^<[346]>' err)"
run 1 $night --as-of 2025-12-11 --source engagements=half.csv --log-format journal
grep -q '^<3>gate: rows' err || fail "level of a gate that holds"
run 66 $night --as-of 2025-12-11 --source engagements=gone.csv --log-format journal
grep -q '^<3>error: gone.csv' err || fail "level of an error"
run 0 $night --as-of 2025-12-07 --log-format json
grep -vqE '^\{"time":"[0-9T:Z-]+","level":"info","stage":"[a-z]+","text":".*"\}$' err && fail "a line that is no such object"
run 0 $night --as-of 2025-12-07 -q; err_silent; out_silent
run 1 $night --as-of 2025-12-11 --source engagements=half.csv -q; err_says "rows tripped"
JOURNAL_STREAM=$(touch stream; stat -c '%d:%i' stream) "$churn" $night --as-of 2025-12-07 2>stream
grep -q '^<6>done: ' stream || fail "JOURNAL_STREAM is not seen"
run 2 $night --log-format loud; err_says "expected text, journal or json"

begin "the model is the promoted one; without one it says so"
run 66 nightly world --as-of 2025-12-12
[ ! -e world/runs/2025-12-12 ] || fail "it was published"

"$churn" models promote world model.json -q >promoted 2>&1 || fail "cannot promote"
run 0 nightly world --as-of 2025-12-12 -o promoted.runs
same promoted.runs/2025-12-12/model.json model.json

begin "a past day keeps its model: that of its published list, else the one in use that day, else, with a warning, the one in use now"
id_of() { sed -n 's/^  "id": "\(.*\)",$/\1/p' "$1"; }
at() { SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s) "$churn" models promote past "$2" -q >promoted 2>&1 || fail "cannot promote: $(cat promoted)"; }
mkdir past; sed 's#\(from: \)\([a-z_]*\.csv\)#\1../world/\2#' world/churn.yaml >past/churn.yaml
at "2025-11-10 08:00" ./model.json
run 0 nightly past --as-of 2025-11-20; cp -r past/runs/2025-11-20 was
at "2025-11-25 08:00" ./other.json
first=$(id_of model.json) second=$(id_of other.json)
[ "$first" != "$second" ] || fail "one model only"
run 0 nightly past --as-of 2025-11-20; err_says "unchanged"; err_says "with model ${first:0:8}, which made the list of that day; in use now is ${second:0:8}"
diff -r was past/runs/2025-11-20 >/dev/null || fail "published with a later model"
rm -r past/runs; run 0 nightly past --as-of 2025-11-20; err_says "with model ${first:0:8}, in use on that day; in use now is ${second:0:8}"
diff -r was past/runs/2025-11-20 >/dev/null || fail "scored with a later model"
grep -q '"hindsight": false' past/runs/2025-11-20/manifest.json || fail "no hindsight"
run 0 nightly past --as-of 2025-11-26; same other.json past/runs/2025-11-26/model.json
run 0 nightly past --as-of 2025-11-05; err_says "knows of no model in use on that day"
same other.json past/runs/2025-11-05/model.json; grep -q '"hindsight": true' past/runs/2025-11-05/manifest.json || fail "hindsight"
run 0 nightly past --as-of 2025-11-05; err_says "unchanged"
run 0 nightly past --as-of 2025-11-20 -m other.json; same other.json past/runs/2025-11-20/model.json
run 0 nightly past --as-of 2025-11-20; err_says "unchanged"
echo '{}' >past/runs/2025-11-20/model.json
run 0 nightly past --as-of 2025-11-20; err_says "the model that made the published list cannot be had"; same model.json past/runs/2025-11-20/model.json

begin "today is the day of SOURCE_DATE_EPOCH"
SOURCE_DATE_EPOCH=$(date -u -d '2025-12-12 23:59:59' +%s) "$churn" $night -q 2>err
[ "$(readlink world/runs/latest)" = 2025-12-12 ] || fail "latest is $(readlink world/runs/latest)"

begin "two at once: the second ends with 75 and changes nothing"
ls -lR --time-style=full-iso world/runs >before.txt
if command -v flock >/dev/null; then
  flock world/churn.yaml "$churn" $night --as-of 2025-12-13 2>err
  [ $? -eq 75 ] || fail "exit code with the project locked"
  err_says "another nightly or retrain"
  flock world/runs "$churn" $night --as-of 2025-12-13 2>err
  [ $? -eq 75 ] || fail "exit code with the runs locked"
  err_says "publishing into this folder"
else
  skip "no flock(1)"
fi
ls -lR --time-style=full-iso world/runs | cmp -s - before.txt || fail "something changed"

begin "an input that is gone, a file-size limit, a folder that cannot be made"
run 66 $night --as-of 2025-12-13 --source prices=gone.csv; err_says gone.csv
(ulimit -f 8; "$churn" $night --as-of 2025-12-13 2>err)
[ $? -eq 74 ] || fail "exit code at the limit on file sizes"
err_says "File too large"
run 73 $night --as-of 2025-12-13 -o gone/runs; err_says "gone/runs"
run 73 $night --as-of 2025-12-13 -o model.json; err_says "model.json"
ls -lR --time-style=full-iso world/runs | cmp -s - before.txt || fail "something changed: $(ls -lR --time-style=full-iso world/runs | diff - before.txt)"

begin "a link or a ledger that cannot be written is told before any work"
cp -r world/runs odd; rm odd/latest; mkdir odd/latest
run 73 $night --as-of 2025-12-13 -o odd; err_says "odd/latest: expected a symbolic link"
rmdir odd/latest; mkdir odd/outcomes.jsonl
sed 's/outcomes: no/outcomes: yes/' world/churn.yaml >world/ledger.yaml
run 73 nightly world/ledger.yaml -m model.json --as-of 2025-12-13 -o odd; err_says "odd/outcomes.jsonl"
[ ! -e odd/2025-12-13 ] || fail "it was published"

begin "a day that is still to come is published and latest stays; one that points there comes back"
cp -r world/runs ahead
SOURCE_DATE_EPOCH=$(date -u -d 2025-12-12 +%s) "$churn" $night --as-of 2025-12-14 -o ahead 2>err || fail "exit code $?"
err_says "2025-12-14 is still to come"
[ "$(readlink ahead/latest)" = 2025-12-12 ] && [ -d ahead/2025-12-14 ] || fail "latest is $(readlink ahead/latest)"
ln -sfn 2025-12-14 ahead/latest
SOURCE_DATE_EPOCH=$(date -u -d 2025-12-12 +%s) "$churn" $night --as-of 2025-12-13 -o ahead 2>err || fail "exit code $?"
[ "$(readlink ahead/latest)" = 2025-12-13 ] || fail "latest is $(readlink ahead/latest)"

begin "a folder that may not be written"
ls -R world/runs >names.txt
if drop_rights; then
  chmod -R a+rX world model.json; chmod 555 world/runs
  run_as_nobody 77 $night --as-of 2025-12-13; err_says "world/runs"
  chmod 755 world/runs
else
  skip "cannot run without root's rights"
fi
ls -R world/runs | cmp -s - names.txt || fail "something changed"

begin "a disk that is full"
if [ "$(id -u)" -eq 0 ] && mkdir full && mount -t tmpfs -o size=64k tmpfs full 2>/dev/null; then
  run 74 $night --as-of 2025-12-13 -o full/runs; err_says "No space left"
  [ -z "$(ls -A full)" ] || fail "there is $(ls -AR full)"
  umount full
else
  skip "no small file system can be mounted"
fi

begin "a manifest that cannot be read is named and does not count"
cp world/runs/2025-12-12/manifest.json kept.json
head -c 100 kept.json >world/runs/2025-12-12/manifest.json
run 0 $night --as-of 2025-12-13; err_says "2025-12-12/manifest.json"; err_says "does not count"
echo '{"model": 3}' >world/runs/2025-12-12/manifest.json
run 0 $night --as-of 2025-12-13; err_says "does not count: model"
cp kept.json world/runs/2025-12-12/manifest.json; rm -r world/runs/2025-12-13; ln -sfn 2025-12-12 world/runs/latest

begin "SIGTERM and SIGINT leave what was, and no litter"
set -m
# ended SIGNAL: the night that was started as $process gets it; what stands there is whole.
ended() {
  kill -s "$1" $process 2>/dev/null
  code=0
  wait $process 2>/dev/null || code=$?
  [ $code -eq 0 ] || [ $code -eq $((128 + $(kill -l "$1"))) ] || fail "exit code $code"
  [ -z "$(litter)" ] || fail "there is $(litter)"
  [ $code -eq 0 ] || [ ! -e world/runs/2025-12-14 ] || fail "published, and exit code $code"
  [ $code -ne 0 ] || [ -e world/runs/2025-12-14 ] || fail "not published, and exit code 0"
  [ $code -eq 0 ] || heard=$((heard + 1))
  # Nothing is said before the program listens.
  [ $code -eq 0 ] || [ ! -s err ] || [ "$(tail -1 err)" = "churn nightly: stopped: nothing was published" ] || fail "it says: $(tail -1 err)"
  rm -rf world/runs/2025-12-14; ln -sfn 2025-12-12 world/runs/latest
}
lasts=$(date +%s%N)
run 0 $night --as-of 2025-12-14 -q
lasts=$((($(date +%s%N) - lasts) / 1000)) # microseconds
rm -rf world/runs/2025-12-14; ln -sfn 2025-12-12 world/runs/latest
for signal in TERM INT; do
  heard=0
  for percent in 5 15 25 35 45 60 80 110; do
    "$churn" $night --as-of 2025-12-14 -q </dev/null 2>err &
    process=$!
    sleep "$((lasts * percent / 100000000)).$(printf '%06d' $((lasts * percent / 100 % 1000000)))"
    ended $signal
  done
  [ $heard -ge 2 ] || fail "only $heard of 8 nights were ended by SIG$signal"
  # While it writes: it cleans up and says so.
  heard=0
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    "$churn" $night --as-of 2025-12-14 </dev/null 2>err &
    process=$!
    until compgen -G 'world/runs/.tmp-*' >/dev/null; do kill -0 $process 2>/dev/null || break; done
    ended $signal
    [ $heard -eq 0 ] || break
  done
  [ $heard -eq 1 ] || fail "SIG$signal is not heard while it writes, in $attempt attempts"
  err_says "stopped: nothing was published"
done

kills=${CHURN_KILLS:-40}
begin "SIGKILL at many moments: always a whole list, the old or the new one, the lock free, no litter after the next run"
cp -r world/runs/2025-12-12 old
rm -rf world/runs; mkdir world/runs; cp -r old world/runs/2025-12-12; ln -s 2025-12-12 world/runs/latest
ends=$(date +%s%N)
run 0 $night --as-of 2025-12-14
ends=$((($(date +%s%N) - ends) / 1000)) # microseconds
cp -r world/runs/2025-12-14 new
killed=0 littered=0
for moment in $(seq "$kills"); do
  rm -rf world/runs; mkdir world/runs; cp -r old world/runs/2025-12-12
  # In every other one the day is there already, from another list, and folders change places.
  [ $((moment % 2)) -eq 0 ] && cp -r old world/runs/2025-12-14
  ln -s 2025-12-12 world/runs/latest
  "$churn" $night --as-of 2025-12-14 -q </dev/null 2>err &
  process=$!
  # Every third one once it writes.
  if [ $((moment % 3)) -eq 0 ]; then
    until compgen -G 'world/runs/.tmp-*' >/dev/null; do kill -0 $process 2>/dev/null || break; done
  else
    sleep "$(printf '0.%06d' $((ends * (40 + RANDOM % 70) / 100 % 1000000)))"
  fi
  kill -KILL $process 2>/dev/null && killed=$((killed + 1))
  wait $process 2>/dev/null
  [ -n "$(litter)" ] && littered=$((littered + 1))
  list=world/runs/latest/ranked.csv
  cmp -s $list old/ranked.csv || cmp -s $list new/ranked.csv || fail "moment $moment: neither the old list nor the new one"
  [ ! -e world/runs/2025-12-14 ] || diff -r world/runs/2025-12-14 new >/dev/null || diff -r world/runs/2025-12-14 old >/dev/null ||
    fail "moment $moment: half a folder"
  if [ $((moment % 4)) -eq 0 ]; then
    run 0 $night --as-of 2025-12-14 -q
    [ -z "$(litter)" ] || fail "moment $moment: the next run leaves $(litter)"
    cmp -s $list new/ranked.csv || fail "moment $moment: the next run publishes another list"
  fi
done
echo "killed $killed of $kills, $littered of them with a folder on its way"
[ $killed -ge 5 ] || fail "only $killed of $kills were killed in time"
[ $littered -ge 1 ] || fail "nobody was killed while a folder was on its way"

begin "what dead runs left is taken away, and nothing else"
mkdir world/runs/.tmp-4194305-0 world/runs/.tmp-mine world/runs/.tmp-1-
touch world/runs/.tmp-4194305-0/ranked.csv world/runs/.tmp-12-3
run 0 $night --as-of 2025-12-14
[ "$(cd world/runs && echo .tmp-*)" = ".tmp-1- .tmp-mine" ] || fail "there is $(cd world/runs && echo .tmp-*)"

finish
