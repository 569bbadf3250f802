#!/usr/bin/env bash
# A simulated year of an operator: each night an export as it would have been written that night, `churn nightly`, and on the first of
# a month `churn retrain` before it. Two things happen to the company (everybody's price goes up; complaints begin to come by a channel
# that was not there before), and three nights get a broken export. Then every night is run again.
#
#   year.sh PROGRAM FOLDER [--nights N] [--customers N] [--kills N] [--engagements RATE] [--max-age DAYS]
#
# FOLDER is made; it keeps nights.csv (a line a night), retrained.csv and the runs. Prints a table by month, the special nights, and
# each promise that was broken; ends with 1 where there is one. Shortened, it is the test year.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
export LC_ALL=C
churn=$(realpath "$1") folder=$2
shift 2
nights=365 customers=1600 kills=0 engagements=0.06 max_age=75
while [ $# -gt 1 ]; do
  case $1 in
    --nights) nights=$2 ;;
    --customers) customers=$2 ;;
    --kills) kills=$2 ;;
    --engagements) engagements=$2 ;;
    --max-age) max_age=$2 ;;
    *) echo "year.sh: $1 is unknown" >&2; exit 2 ;;
  esac
  shift 2
done
mkdir -p "$folder" && cd "$folder" || exit 1
broken=0
complain() { printf 'BROKEN: %s\n' "$*"; broken=$((broken + 1)); }

# What happens when, in nights from the first.
first_day=2024-12-08
night_day() { date -u -d "$first_day + $1 days" +%F; }
half=$((nights * 10 / 100 + 3)) delimiter=$((nights * 25 / 100 + 3)) shock=$((nights * 33 / 100)) stale=$((nights * 55 / 100))
channel=$((nights * 65 / 100))
shock_day=$(night_day $shock) channel_day=$(night_day $channel)

# --- the company ---

# customers and the column of the day, then the columns that are filled in later.
sources="customers:2:3 interactions:2: complaints:2:3 prices:2: rep_assignments:2: invoices:2:4"

# Of those who were there at the start half are kept, so that the base grows. The shock makes one in ten of the customers of that day
# leave, each on a day of its own from 20 to 80 days later: more than leave otherwise in that time, and whom no feature tells.
make_company() {
  "$churn" simulate world --customers "$customers" --months 36 --first-day 2023-01-01 --truth 10 --engagements "$engagements" \
    --seed 20 -q || exit 1
  mkdir -p all
  awk -F, -v OFS=, -v shock="$shock_day" '
    function chance(id, salt,   i, h) { h = salt; for (i = 1; i <= length(id); i++) h = (h * 31 + index("C0123456789", substr(id, i, 1))) % 1000003
      return h * 7919 % 1000 }
    NR == 1 { print; next }
    $2 < "2023-01-01" && chance($1, 1) < 500 { next }
    { if ($2 < shock && ($3 == "" || $3 > shock) && chance($1, 2) < 100) {
        ask = "date -u -d \"" shock " + " (20 + chance($1, 3) % 60) " days\" +%F"
        ask | getline leaves; close(ask)
        if ($3 == "" || leaves < $3) $3 = leaves }
      print }' world/customers.csv >all/customers.csv
  for source in interactions complaints prices rep_assignments invoices; do
    awk -F, -v OFS=, -v file=$source -v shock="$shock_day" -v channel="$channel_day" '
      function shocked(id) { return joined[id] < shock && (left[id] == "" || left[id] > shock) }
      function raise(id) { if (id in fee && !(id in raised) && shocked(id)) { raised[id] = 1; printf "%s,%s,%s,%.2f\n", id, shock, tier[id], fee[id] * 1.25 } }
      NR == FNR { joined[$1] = $2; left[$1] = $3; next }
      FNR == 1 { print; next }
      !($1 in joined) { next }
      file == "prices" && $1 != last { raise(last) }
      left[$1] != "" && $2 >= left[$1] { next }
      file == "prices" { if ($2 >= shock) raise($1); last = $1; tier[$1] = $3; fee[$1] = $4; if ($2 >= shock) $4 = sprintf("%.2f", $4 * 1.25) }
      file == "invoices" && $2 >= shock { $5 = sprintf("%.2f", $5 * 1.25) }
      file == "complaints" && $2 >= channel && FNR % 5 < 3 { $5 = "chat" }
      { print }
      END { if (file == "prices") raise(last) }' all/customers.csv world/$source.csv >all/$source.csv
  done
}

# make_project FOLDER: reads ../export, publishes into folders and a database of its own.
make_project() {
  mkdir -p "$1"
  sed -e 's#from: \([a-z_]*\.csv\)#from: ../export/\1#' -e '/^data_until:/d' \
    -e 's/^snapshots:.*/snapshots: {first: 2024-01-01, every: 1 month}/' \
    -e 's/^features:.*/&\n  complaint_channel: last(category from complaints over 365d)/' world/churn.yaml >"$1/churn.yaml"
  # A rep who leaves moves a sixteenth of these few customers on one day, and their reps are known since 2023 only.
  printf 'gates: {drift: {except: [rep_changes_365d, days_since_rep_change]}}\n' >>"$1/churn.yaml"
  printf 'retrain: {max_age: %dd}\n' "$max_age" >>"$1/churn.yaml"
  printf 'nightly: {keep: 1000}\nscores: {to: "sqlite:scores.db"}\nregistry: ../models\n' >>"$1/churn.yaml"
}

# --- a night ---

# export_of DAY: what the company's systems would have written that night.
export_of() {
  local name day later
  mkdir -p export
  for source in $sources; do
    IFS=: read -r name day later <<<"$source"
    awk -F, -v OFS=, -v day="$day" -v later="$later" -v night="$1" '
      FNR == 1 { print; next }
      $day >= night { next }
      { if (later != "" && $later >= night) $later = ""; print }' "all/$name.csv" >"export/$name.csv"
  done
}
# break_export NIGHT: what went wrong with it, if anything.
break_export() {
  case $1 in
    "$half") head -n $(($(wc -l <export/interactions.csv) / 2)) export/interactions.csv >part && mv part export/interactions.csv ;;
    "$delimiter") tr , ';' <export/complaints.csv >part && mv part export/complaints.csv ;;
    "$stale") export_of "$(night_day $(($1 - 1)))" ;;
  esac
}
special() {
  case $1 in
    "$half") echo "half of interactions.csv" ;;
    "$delimiter") echo "semicolons in complaints.csv" ;;
    "$stale") echo "yesterday's files again" ;;
    "$shock") echo "prices go up by a quarter" ;;
    "$channel") echo "complaints by chat begin" ;;
  esac
}
is_broken() { [ "$1" -eq "$half" ] || [ "$1" -eq "$delimiter" ] || [ "$1" -eq "$stale" ]; }

# caught VERDICT FOLDER: the gates of a manifest that tripped (are known), as gate(subject) …
caught() {
  sed -n 's/.*{"gate": "\([a-z]*\)", "subject": \("\([^"]*\)"\|null\).*"verdict": "'"$1"'".*/\1(\3)/p' "$2/manifest.json" |
    sed 's/()//' | tr '\n' ' ' | sed 's/ $//'
}
# rows_of DATABASE DAY: what a database holds of a day, as lines of rank, id and probability.
rows_of() { sqlite3 "$1" "SELECT rank, customer_id, printf('%.10f', probability) FROM churn_scores WHERE as_of = '$2' ORDER BY rank" | tr '|' ,; }
listed() { awk -F, 'NR > 1 { printf "%s,%s,%.10f\n", $1, $2, $4 }' "$1"; }
has_sqlite=$(command -v sqlite3)

retrain_of() {
  local code=0
  SOURCE_DATE_EPOCH=$(date -u -d "$1 01:00" +%s) "$churn" retrain year --as-of "$1" --no-cache >out 2>err || code=$?
  printf '%s,%s,"%s"\n' "$1" $code "$(tr '"' "'" <out | head -1)" >>retrained.csv
  [ $code -le 1 ] || complain "retraining of $1 ends with $code: $(tail -1 err)"
}

# run_night NIGHT: what is published is looked at from outside, beside what the program says of it.
run_night() {
  local night=$1 day code=0 before run model
  day=$(night_day "$night")
  export_of "$day"
  if [ "$night" -eq 0 ] || [ "${day#*-*-}" = 01 ]; then retrain_of "$day"; fi
  break_export "$night"
  before=$(readlink year/runs/latest)
  "$churn" nightly year --as-of "$day" --no-cache >out 2>err || code=$?
  run=year/runs/$day
  [ -d "$run" ] || run=$run.held
  if [ -d "$run" ]; then model=$(sed -n 's/^  "model": "\(.*\)",$/\1/p' "$run/manifest.json"); else model=; fi
  printf '%s,%s,%s,%s,%s,%s,"%s","%s",%s\n' "$night" "$day" $code "$(readlink year/runs/latest)" "${model:0:8}" \
    "$(sed -n 's/^  "\(customers\|expected_churners\)": \(.*\),$/\2/p' "$run/summary.json" 2>/dev/null | paste -sd,)" \
    "$([ -d "$run" ] && caught tripped "$run" || tail -1 err | tr '",' "' ")" "$([ -d "$run" ] && caught known "$run")" \
    "$(special "$night")" >>nights.csv
  if is_broken "$night"; then
    [ "$(readlink year/runs/latest)" = "$before" ] && [ ! -e "year/runs/$day" ] || complain "$day: a list of a broken export was published"
    [ $code -ne 0 ] || complain "$day: a broken export was not noticed"
    [ -z "$has_sqlite" ] || [ -z "$(rows_of year/scores.db "$day")" ] || complain "$day: a broken list is in the database"
  else
    [ $code -le 1 ] || complain "$day: exit code $code: $(tail -1 err)"
    [ "$(readlink year/runs/latest)" = "$day" ] || complain "$day: nothing was published: $(tail -1 err)"
    [ -z "$has_sqlite" ] || diff -q <(rows_of year/scores.db "$day") <(listed year/runs/latest/ranked.csv) >/dev/null ||
      complain "$day: the database holds another list than the folder"
  fi
  # The model that the registry says was in use is the one that made the list.
  [ -z "$model" ] || "$churn" models history year --on "$day" 2>/dev/null | grep -q "${model:0:8}" || complain "$day: the registry tells of another model"
}

# --- again ---

# Every night once more, by other threads, in a project that has nothing but the models: same bytes. And what was published is what
# the export of the year's end gives for that day, though it holds all that came later.
again() {
  local night day model code
  mkdir -p final/export
  for night in $(seq 0 $((nights - 1))); do
    day=$(night_day "$night")
    export_of "$day"
    break_export "$night"
    model=$(awk -F, -v n="$night" '$1 == n { print $5 }' nights.csv)
    model=$(find models -name "${model:-none}*.json" | head -1)
    code=0
    "$churn" nightly again -m "${model:-$(find models -name '*.json' | head -1)}" --as-of "$day" --no-cache --threads $((1 + night % 3)) -q 2>/dev/null || code=$?
    [ "$code" = "$(awk -F, -v n="$night" '$1 == n { print $3 }' nights.csv)" ] || complain "$day: exit code $code the second time"
    for run in "$day" "$day.held"; do
      [ ! -d "year/runs/$run" ] && [ ! -d "again/runs/$run" ] && continue
      diff -r "year/runs/$run" "again/runs/$run" >/dev/null 2>&1 && same=$((same + 1)) || complain "$run: other bytes the second time"
    done
    [ -d "year/runs/$day" ] || continue
    "$churn" score final -m "$model" --as-of "$day" --no-cache -q -o final.csv 2>err || complain "$day: $(tail -1 err)"
    cmp -s final.csv "year/runs/$day/ranked.csv" && clean=$((clean + 1)) || complain "$day: the export of the year's end gives another list"
  done
  diff -q <(cat year/runs/outcomes.jsonl 2>/dev/null) <(cat again/runs/outcomes.jsonl 2>/dev/null) >/dev/null || complain "the ledger of outcomes differs the second time"
  [ -z "$has_sqlite" ] || diff -q <(sqlite3 year/scores.db .dump) <(sqlite3 again/scores.db .dump) >/dev/null || complain "the databases differ"
}
same=0 clean=0

# A night of before the last promotion, run again after it in the year's own project: the model of that night, the same bytes, whether
# its list is still there or not.
look_back() {
  local promoted night day code
  promoted=$(awk -F, '$5 != "" && last != "" && $5 != last { n = $1 } $5 != "" { last = $5 } END { print n }' nights.csv)
  [ -n "$promoted" ] || return 0
  night=$((promoted - 1))
  while is_broken $night; do night=$((night - 1)); done
  day=$(night_day $night)
  export_of "$day"
  cp -r "year/runs/$day" before.run
  for _ in there gone; do
    code=0
    "$churn" nightly year --as-of "$day" --no-cache -q >/dev/null 2>err || code=$?
    [ "$code" = "$(awk -F, -v n=$night '$1 == n { print $3 }' nights.csv)" ] || complain "$day run again after a promotion: exit code $code"
    diff -r before.run "year/runs/$day" >/dev/null || complain "$day run again after a promotion: another list or figures"
    rm -rf "year/runs/$day"
  done
  cp -r before.run "year/runs/$day"
  printf 'night %d (%s) run again after the promotion of night %d\n' $night "$day" "$promoted"
  # By the export of the year's end the night of the promotion is the same: what changed knows nothing of what came later either.
  ! is_broken $((promoted - 1)) && ! is_broken "$promoted" || return 0
  for night in $((promoted - 1)) "$promoted"; do
    day=$(night_day "$night")
    "$churn" nightly final -m "year/runs/$day/model.json" --as-of "$day" --no-cache -q >/dev/null 2>&1
  done
  for file in ranked.csv summary.json changes.csv; do
    cmp -s "year/runs/$day/$file" "final/runs/$day/$file" || complain "$day: the export of the year's end gives another $file"
  done
}

# --- killed ---

# whole DAY: the day's list is complete in the folder and in the database, old or new each.
whole() {
  local list=year/runs/latest/ranked.csv
  cmp -s $list old.csv || cmp -s $list new.csv || return 1
  [ ! -e "year/runs/$1" ] || diff -r "year/runs/$1" new.run >/dev/null || diff -r "year/runs/$1" old.run >/dev/null || return 1
  [ -n "$has_sqlite" ] || return 0
  rows_of year/scores.db "$1" >now.rows
  cmp -s now.rows new.rows || cmp -s now.rows old.rows
}
kill_often() {
  local day ends process moment killed=0 littered=0 torn=0 between=0
  day=$(night_day $((nights - 1)))
  export_of "$day"
  cp -r "year/runs/$day" new.run && cp new.run/ranked.csv new.csv
  [ -z "$has_sqlite" ] || rows_of year/scores.db "$day" >new.rows
  # What stood there before: the same day's list by an export that lacks a day, let through.
  sed '/^gates:/d' year/churn.yaml >year/lenient.yaml
  printf 'gates: {rows: {hold: no}, freshness: {hold: no}, unmatched: {hold: no}, rejected: {hold: no}}\n' >>year/lenient.yaml
  export_of "$(night_day $((nights - 2)))"
  "$churn" nightly year/lenient.yaml --as-of "$day" --no-cache -q >/dev/null 2>err || [ $? -eq 1 ] || complain "no old list to kill for: $(tail -1 err)"
  cp -r "year/runs/$day" old.run && cp old.run/ranked.csv old.csv && cp year/scores.db old.db
  ! cmp -s old.csv new.csv || complain "the two lists do not differ, so killing shows nothing"
  if [ -n "$has_sqlite" ]; then
    rows_of year/scores.db "$day" >old.rows
    ! cmp -s old.rows new.rows || complain "the rows of the two lists do not differ, so killing shows nothing of the database"
  fi
  export_of "$day"
  ends=$(date +%s%N)
  "$churn" nightly year --as-of "$day" --no-cache -q >/dev/null 2>&1
  ends=$((($(date +%s%N) - ends) / 1000))
  for moment in $(seq "$kills"); do
    rm -rf year/runs/.tmp-* "year/runs/$day" year/scores.db-journal; cp -r old.run "year/runs/$day"; cp old.db year/scores.db; ln -sfn "$day" year/runs/latest
    "$churn" nightly year --as-of "$day" --no-cache -q </dev/null >/dev/null 2>&1 &
    process=$!
    # Three of four at any moment, the fourth soon after it has begun to write.
    if [ $((moment % 4)) -eq 0 ]; then
      until compgen -G 'year/runs/.tmp-*' >/dev/null; do kill -0 $process 2>/dev/null || break; done
      sleep "0.00$((RANDOM % 10))"
    else
      sleep "$(printf '%d.%06d' $((ends * (RANDOM % 100) / 100 / 1000000)) $((ends * (RANDOM % 100) / 100 % 1000000)))"
    fi
    kill -KILL $process 2>/dev/null && killed=$((killed + 1))
    wait $process 2>/dev/null
    ! compgen -G 'year/runs/.tmp-*' >/dev/null || littered=$((littered + 1))
    whole "$day" || { torn=$((torn + 1)); complain "killed at moment $moment: neither the old list nor the new one"; }
    [ -n "$has_sqlite" ] && cmp -s year/runs/latest/ranked.csv old.csv && cmp -s now.rows new.rows && between=$((between + 1))
    if [ $((moment % 4)) -le 1 ]; then
      "$churn" nightly year --as-of "$day" --no-cache -q >/dev/null 2>err || [ $? -eq 1 ] || complain "after moment $moment: $(tail -1 err)"
      diff -r "year/runs/$day" new.run >/dev/null || complain "after moment $moment the next run publishes something else"
      [ -z "$has_sqlite" ] || cmp -s <(rows_of year/scores.db "$day") new.rows || complain "after moment $moment the next run leaves other rows in the database"
      ! compgen -G 'year/runs/.tmp-*' >/dev/null || complain "after moment $moment the next run leaves litter"
    fi
  done
  printf '\nkilled %d of %d runs before they ended: %d torn lists, %d with a folder on its way, %d between database and folder\n' \
    $killed "$kills" $torn $littered $between
  [ $killed -ge $((kills / 2)) ] || complain "only $killed of $kills were killed before they ended"
  [ $littered -ge 1 ] || complain "nobody was killed while a folder was on its way"
}

# --- the table ---

table() {
  printf '\n%-8s %6s %6s %6s %6s %6s %5s %7s %7s %9s %9s %6s  %s\n' month nights passed known gates held "65.." base model expected realised AUC "gates that tripped (nights)"
  awk -F, -v ledger=year/runs/outcomes.jsonl '
    function of(line, key) { return match(line, "\"" key "\": [-0-9.e]+") ? substr(line, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : "" }
    BEGIN { while ((getline line <ledger) > 0) { m = substr(line, 12, 7); n[m]++; e[m] += of(line, "estimated"); o[m] += of(line, "observed"); a[m] += of(line, "auc") } }
    { m = substr($2, 1, 7); if (!(m in nights)) order[++months] = m
      nights[m]++; held = $4 != $2; if ($3 > 1) failed[m]++; else if (held) stopped[m]++; else if ($3 == 1) tripped[m]++; else passed[m]++
      split($0, quoted, "\""); if ($3 == 0 && quoted[4] != "") known[m]++
      base[m] = $6; model[m] = $5 == "" ? model[m] : $5
      if ($3 == 1) { split($0, quoted, "\""); count = split(quoted[2], gates, " "); for (i = 1; i <= count; i++) { if (!((m, gates[i]) in g)) names[m] = names[m] " " gates[i]; g[m, gates[i]]++ } } }
    END { for (k = 1; k <= months; k++) { m = order[k]; text = ""
        count = split(names[m], gates, " "); for (i = 1; i <= count; i++) text = text gates[i] " " g[m, gates[i]] (i < count ? ", " : "")
        printf "%-8s %6d %6d %6d %6d %6d %5d %7d %7s ", m, nights[m], passed[m], known[m], tripped[m], stopped[m], failed[m], base[m], substr(model[m], 1, 7)
        if (n[m]) printf "%8.2f%% %8.2f%% %6.3f", 100 * e[m] / n[m], 100 * o[m] / n[m], a[m] / n[m]; else printf "%9s %9s %6s", "-", "-", "-"
        printf "  %s\n", text } }' nights.csv
  printf '\nspecial nights:\n'
  awk -F, '{ split($0, quoted, "\""); if ($NF != "") printf "  night %3d  %s  exit %2d  %-30s %s%s\n", $1, $2, $3, $NF, $4 == $2 ? "published; " : "not published; ", quoted[2] }' nights.csv
  printf '\nretraining:\n'
  awk '{ split($0, q, "\""); split($0, c, ","); printf "  %s exit %s %s\n", c[1], c[2], substr(q[2], 1, 150) }' retrained.csv
}

# How many nights in a row end with 1 at most, held ones not counted; and with 0 in the last quarter of the year, of how many.
alarms_in_a_row() { awk -F, '$4 != $2 || $3 > 1 { next } { n = $3 == 1 ? n + 1 : 0; if (n > most) most = n } END { print most + 0 }' nights.csv; }
calm_in_the_end() { awk -F, -v from=$((nights * 3 / 4)) '$1 >= from { n++; calm += $3 == 0 } END { print calm + 0, n }' nights.csv; }

# named GATE(SUBJECT) SINCE: nights until a gate first names it; `before` where it did so on an earlier night, `never` where it never does.
named() {
  awk -v gate="$1" -v since="$2" -F, 'index($0, gate) { print $1 < since ? "before" : $1 - since; found = 1; exit } END { if (!found) print "never" }' nights.csv
}
in_time() { case $1 in before | never) return 1 ;; *) [ "$1" -le "$2" ] ;; esac; }

make_company
make_project year
make_project again
make_project final
sed -i 's#\.\./export/#../all/#' final/churn.yaml
: >nights.csv; : >retrained.csv
started=$SECONDS
for night in $(seq 0 $((nights - 1))); do run_night "$night"; done
printf '%d nights in %d s\n' "$nights" $((SECONDS - started))
table
price=$(named "drift(fee_change_180d)" $shock) chat=$(named "unseen(complaint_channel)" $channel)
printf '\nthe prices are named after %s nights, the new channel after %s\n' "$price" "$chat"
in_time "$price" 5 || complain "the price shock is named after $price nights"
in_time "$chat" 14 || complain "the new channel is named after $chat nights"
quiet=$(awk -F, -v shock=$shock '$1 < shock && $NF == "" && $3 != 0' nights.csv | wc -l)
printf 'nights before the first change on which a gate tripped though nothing was wrong: %d of %d\n' "$quiet" $shock
[ "$quiet" -le $((2 + shock / 20)) ] || complain "$quiet of $shock calm nights trip a gate"
row=$(alarms_in_a_row)
read -r calm_nights last_nights < <(calm_in_the_end)
printf 'nights in a row that end with 1: %d at most; of the last %d nights %d end with 0\n' "$row" "$last_nights" "$calm_nights"
[ "$row" -le 21 ] || complain "$row nights in a row end with 1: nobody looks any more"
again
printf 'run again: %d runs with the same bytes; %d lists are those of the export of the last day\n' $same $clean
after=$(awk -F, -v shock=$shock '$1 > shock && $5 != "" && last != "" && $5 != last { n++ } $5 != "" { last = $5 } END { print n + 0 }' nights.csv)
printf 'models that took over after the price shock: %d\n' "$after"
[ "$after" -gt 0 ] || complain "no model was promoted after the price shock"
look_back
[ "$kills" -eq 0 ] || kill_often
printf '%d promises broken\n' $broken
[ $broken -eq 0 ]
