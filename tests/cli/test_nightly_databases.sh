#!/usr/bin/env bash
# The operator's night with databases: the same list whatever it is read from, the project's `scores` table beside the folder, and
# what stays when a server dies.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/cli/databases.sh
. "$(dirname "$0")/databases.sh"
command -v sqlite3 >/dev/null || { echo "skipped: no sqlite3(1)"; exit 0; }
make_world
cd "$work" || exit 1
ulimit -c 0
"$churn" train "$project" -o model.json -q 2>/dev/null
day=2025-12-01 next=2025-12-02
printf 'gates: {drift: off, scores: off, missing: off}\n' >>"$project"

# lite_rows DATABASE DAY, server_rows DAY: the table's rows as lines; listed FILE: those of a list.
lite_rows() { lite -csv "$1" "SELECT rank, customer_id, as_of, model FROM churn_scores WHERE as_of = '$2' ORDER BY rank"; }
server_rows() { psql -qAtX -F, -c "SELECT rank, customer_id, as_of, model FROM churn_scores WHERE as_of = '$1' ORDER BY rank"; }
listed() { awk -F, 'NR > 1 { print $1 "," $2 "," $3 "," $NF }' "$1"; }
litter() { find . -name '.tmp-*' -o -name '*.part' -o -name '*-journal'; }

begin "a night publishes into the table of the project's scores too, and the manifest says so"
mkdir lite && sed 's#from: \([a-z_]*\.csv\)#from: ../world/\1#' "$project" >lite/churn.yaml
echo 'scores: {to: "sqlite:crm scores.db"}' >>lite/churn.yaml
night="nightly lite -m model.json"
run 0 $night --as-of $day; err_says "store: "; err_says "table churn_scores"
same <(lite_rows "lite/crm scores.db" $day) <(listed lite/runs/$day/ranked.csv)
rows=$(($(wc -l <lite/runs/$day/ranked.csv) - 1))
grep -qF "\"scores\": {\"database\": \"sqlite\", \"table\": \"churn_scores\", \"rows\": $rows}," lite/runs/$day/manifest.json || fail "manifest"
grep -rq "$work" lite/runs && fail "a path is in the run"

begin "the same night again leaves both as they are"
cp "lite/crm scores.db" first.db
run 0 $night --as-of $day; err_says unchanged
same <(lite first.db .dump) <(lite "lite/crm scores.db" .dump)

begin "a table that lost its rows is mended by running the night again"
lite "lite/crm scores.db" "DELETE FROM churn_scores WHERE rank > 3"
run 0 $night --as-of $day; err_says unchanged
same <(lite first.db .dump) <(lite "lite/crm scores.db" .dump)

begin "a night that is held back writes nothing there"
head -n $(($(wc -l <world/interactions.csv) / 2)) world/interactions.csv >half.csv
run 1 $night --as-of $next --source engagements=half.csv; err_says "HELD BACK"
same <(lite first.db .dump) <(lite "lite/crm scores.db" .dump)
grep -q '"scores": null' lite/runs/$next.held/manifest.json || fail "manifest"

begin "runs that go elsewhere leave the database alone"
run 0 $night --as-of $next -o elsewhere
same <(lite first.db .dump) <(lite "lite/crm scores.db" .dump)
grep -q '"scores": null' elsewhere/$next/manifest.json || fail "manifest"

begin "a database that cannot be written to: nothing is published, and it is told before any work"
mkdir bad && sed 's#^scores:.*#scores: {to: "sqlite:gone/scores.db"}#' lite/churn.yaml >bad/churn.yaml
run 73 nightly bad -m model.json --as-of $day; err_says "gone/scores.db"
grep -q "start: " err && fail "it began to work"
[ ! -e bad/runs ] || fail "there is $(ls bad/runs)"
printf 'no database at all, but a text that is long enough to be read as a header of one, and a bit more of it than that\n' >bad/text.db
sed 's#^scores:.*#scores: {to: "sqlite:text.db"}#' lite/churn.yaml >bad/churn.yaml
run 65 nightly bad -m model.json --as-of $day; err_says "text.db"; [ ! -e bad/runs ] || fail "there is $(ls bad/runs)"
lite bad/other.db "CREATE TABLE churn_scores (a, b)"
sed 's#^scores:.*#scores: {to: "sqlite:other.db"}#' lite/churn.yaml >bad/churn.yaml
run 73 nightly bad -m model.json --as-of $day; err_says "other.db"; [ ! -e bad/runs ] || [ -z "$(ls -A bad/runs)" ] || fail "there is $(ls -A bad/runs)"
if drop_rights; then
  cp "lite/crm scores.db" bad/locked.db; chmod -R a+rX .; chmod 444 bad/locked.db; chmod 777 bad
  sed 's#^scores:.*#scores: {to: "sqlite:locked.db"}#' lite/churn.yaml >bad/churn.yaml
  run_as_nobody 77 nightly bad -m model.json --as-of $day --no-cache; err_says "locked.db"
  [ ! -e bad/runs ] || [ -z "$(ls -A bad/runs)" ] || fail "there is $(ls -A bad/runs)"
fi

begin "the database breaks off while it is written: 74, and neither it nor the runs change"
lite "lite/crm scores.db" "CREATE TRIGGER breaks BEFORE INSERT ON churn_scores WHEN new.rank = 40 BEGIN SELECT raise(ABORT, 'enough'); END"
ls -lR --time-style=full-iso lite/runs >before
run 74 $night --as-of $next; err_says "enough"
ls -lR --time-style=full-iso lite/runs | cmp -s before - || fail "the runs changed"
lite "lite/crm scores.db" "DROP TRIGGER breaks"
same <(lite first.db .dump) <(lite "lite/crm scores.db" .dump)
run 0 $night --as-of $next
same <(lite_rows "lite/crm scores.db" $next) <(listed lite/runs/$next/ranked.csv)
same <(lite_rows "lite/crm scores.db" $day) <(listed lite/runs/$day/ranked.csv)
[ -z "$(litter)" ] || fail "there is $(litter)"

# A writer who has begun lets others read, so that a night gets as far as its own writing.
begin "a night that waits for somebody else's lock hears SIGTERM, and else ends with 75"
mkfifo hold
sqlite3 "lite/crm scores.db" <hold &
holder=$!
exec 7>hold
echo "BEGIN IMMEDIATE;" >&7
until ! sqlite3 "lite/crm scores.db" "BEGIN IMMEDIATE" 2>/dev/null; do sleep 0.02; done
cp -r lite/runs runs.before
"$churn" $night --as-of 2025-12-04 </dev/null >out 2>err &
process=$! code=0
until compgen -G 'lite/runs/.tmp-*/manifest.json' >/dev/null; do kill -0 $process 2>/dev/null || break; done
sleep 0.3
asked=$(date +%s%N); kill -TERM $process; wait $process || code=$?
[ $code -eq 143 ] || fail "exit code $code, expected 143"
[ $((($(date +%s%N) - asked) / 1000000)) -lt 3000 ] || fail "it took $((($(date +%s%N) - asked) / 1000000)) ms to hear"
err_says "stopped: nothing was published"
run 75 $night --as-of 2025-12-04; err_says "locked (by another process); try again later"
diff -r lite/runs runs.before >/dev/null && [ -z "$(find lite/runs -name '.tmp-*')" ] || fail "the runs changed"
exec 7>&-
wait $holder
rm -r runs.before
run 0 $night --as-of 2025-12-04
same <(lite_rows "lite/crm scores.db" 2025-12-04) <(listed lite/runs/2025-12-04/ranked.csv)

begin "the same list from SQLite as from CSV"
fill_sqlite world/crm.db
project_in sqlite:crm.db >world/embedded.yaml
run 0 nightly world -m model.json --as-of $day -o csv.runs -q
run 0 nightly world/embedded.yaml -m model.json --as-of $day -o lite.runs -q
same csv.runs/$day/ranked.csv lite.runs/$day/ranked.csv
same csv.runs/$day/summary.json lite.runs/$day/summary.json

begin "the same list from PostgreSQL as from CSV"
if ! start_server; then skip "$why"; finish; exit; fi
fill_postgresql
project_in postgresql: >world/server.yaml
run 0 nightly world/server.yaml -m model.json --as-of $day -o server.runs -q
same csv.runs/$day/ranked.csv server.runs/$day/ranked.csv
same csv.runs/$day/summary.json server.runs/$day/summary.json

begin "and into PostgreSQL, where the same night again changes nothing"
echo 'scores: {to: "postgresql:"}' >>world/server.yaml
run 0 nightly world/server.yaml -m model.json --as-of $day
same <(server_rows $day) <(listed world/runs/$day/ranked.csv)
grep -qF '"scores": {"database": "postgresql", "table": "churn_scores", "rows": ' world/runs/$day/manifest.json || fail "manifest"
sql 'TABLE churn_scores' | sort >before; run 0 nightly world/server.yaml -m model.json --as-of $day; err_says unchanged
same before <(sql 'TABLE churn_scores' | sort)

# nothing_changed: neither runs nor table, nor litter; `before` and `runs.before` hold what was.
nothing_changed() {
  ls -lR --time-style=full-iso world/runs | cmp -s runs.before - || fail "the runs changed: $(ls -AR world/runs)"
  [ -z "$(litter)" ] || fail "there is $(litter)"
  if server_back; then same before <(sql 'TABLE churn_scores' | sort); else fail "$why"; fi
}
ls -lR --time-style=full-iso world/runs >runs.before

# let_go TABLE: nothing works or waits in the server any more, and the table can be had at once.
let_go() {
  [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'churn' AND state = 'active'")" = 0 ] ||
    fail "the server works on: $(sql "SELECT wait_event, query FROM pg_stat_activity WHERE application_name = 'churn'")"
  psql -qX -v ON_ERROR_STOP=1 -c "SET lock_timeout = '500ms'" -c "BEGIN" -c "LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE" -c "COMMIT" 2>err.lock ||
    fail "$1 is locked still: $(head -1 err.lock)"
}
# waits_for_lock: until a statement of churn waits for one.
waits_for_lock() {
  for _ in $(seq 200); do
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'churn' AND wait_event_type = 'Lock'")" = 0 ] || return 0
    sleep 0.05
  done
  fail "nothing waits for a lock"
}
# stopped_by_term: $process gets SIGTERM, and is gone soon.
stopped_by_term() {
  code=0 asked=$SECONDS; kill -TERM $process; wait $process || code=$?
  [ $code -eq 143 ] && [ $((SECONDS - asked)) -le 20 ] || fail "SIGTERM: exit code $code after $((SECONDS - asked)) s"
  ls -lR --time-style=full-iso world/runs | cmp -s runs.before - && [ -z "$(litter)" ] || fail "the runs changed: $(ls -AR world/runs)"
}

begin "a night that is asked to stop while the server is busy with its query has it cancelled"
sql "CREATE VIEW slow AS SELECT customer_id, date, channel FROM interactions UNION ALL SELECT 'C000001', date '2025-11-30', 'phone' FROM pg_sleep(60)"
sed 's/table: interactions\b/table: slow/' world/server.yaml >world/slow.yaml
"$churn" nightly world/slow.yaml -m model.json --as-of $next </dev/null >out 2>err &
process=$!
asleep; stopped_by_term; err_says "stopped: nothing was published"; let_go interactions

begin "and so does a retraining"
echo 'registry: ../lite/models' >>world/slow.yaml
"$churn" retrain world/slow.yaml --as-of $next </dev/null >out 2>err &
process=$!
asleep; stopped_by_term; err_says "stopped: nothing was changed"; let_go interactions
[ ! -e lite/models ] || fail "there is a registry"

begin "a table that somebody else has locked: SIGTERM is heard, and who waits too long ends with 75"
mkfifo hold.server
psql -qX <hold.server >/dev/null 2>&1 &
holder=$!
exec 7>hold.server
echo "BEGIN; LOCK TABLE interactions IN ACCESS EXCLUSIVE MODE;" >&7
until [ "$(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'interactions'::regclass")" = 1 ]; do
  sleep 0.05
done
"$churn" nightly world/server.yaml -m model.json --as-of $next </dev/null >out 2>err &
process=$!
waits_for_lock; stopped_by_term; err_says "stopped: nothing was published"
[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'churn' AND wait_event_type = 'Lock'")" = 0 ] || fail "it waits on in the server"
export PGOPTIONS="-c lock_timeout=300ms"
run 75 nightly world/server.yaml -m model.json --as-of $next; err_says "lock timeout"
unset PGOPTIONS
exec 7>&-
wait $holder

begin "churn is killed at many moments while PostgreSQL takes the list: the day's rows are a whole list, the old or the new one"
lists() { sql "SELECT rank, customer_id, round(probability::numeric, 9) FROM churn_scores WHERE as_of = '$next' ORDER BY rank"; }
sed 's/^scores:.*/scores: {to: "postgresql:"}\nnightly: {top: 300}/' world/server.yaml >world/short.yaml
run 0 nightly world/short.yaml -m model.json --as-of $next; lists >old.rows
run 0 nightly world/server.yaml -m model.json --as-of $next; lists >new.rows
cmp -s old.rows new.rows && fail "the two lists do not differ"
RANDOM=5 killed=0
for moment in $(seq "${CHURN_KILLS:-12}"); do
  run 0 nightly world/short.yaml -m model.json --as-of $next -q
  "$churn" nightly world/server.yaml -m model.json --as-of $next -q </dev/null >out 2>err &
  process=$!
  until compgen -G 'world/runs/.tmp-*/manifest.json' >/dev/null; do kill -0 $process 2>/dev/null || break; done
  sleep "0.0$((RANDOM % 50 + 10))"
  kill -KILL $process 2>/dev/null && killed=$((killed + 1))
  wait $process 2>/dev/null
  lists >now.rows
  cmp -s now.rows old.rows || cmp -s now.rows new.rows || fail "moment $moment: neither the old list nor the new one: $(wc -l <now.rows) rows"
done
echo "killed $killed of ${CHURN_KILLS:-12} while PostgreSQL took the list"
[ $killed -ge 1 ] || fail "every run was over before it was killed"
sql "DELETE FROM churn_scores WHERE as_of = '$next'"; rm -r world/runs/$next world/runs/.tmp-* 2>/dev/null; ln -sfn $day world/runs/latest
sql 'TABLE churn_scores' | sort >before
ls -lR --time-style=full-iso world/runs >runs.before

begin "PostgreSQL is killed while it is read: 74, and what was published stays"
{ asleep; kill_server; } &
run 74 nightly world/slow.yaml -m model.json --as-of $next; err_says "table slow"
wait $!
nothing_changed

begin "PostgreSQL is killed while it is written: 74, and what was published stays"
sql "CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF new.rank = 40 THEN PERFORM pg_sleep(60); END IF; RETURN new; END'"
sql "CREATE TRIGGER waits BEFORE INSERT ON churn_scores FOR EACH ROW EXECUTE FUNCTION wait_long()"
# And before that, a night that is asked to stop does so while the server is busy, not when it is done.
"$churn" nightly world/server.yaml -m model.json --as-of $next </dev/null >out 2>err &
process=$!
asleep; stopped_by_term; err_says "stopped: nothing was published"; let_go churn_scores
same before <(sql 'TABLE churn_scores' | sort)
{ asleep; kill_server; } &
run 74 nightly world/server.yaml -m model.json --as-of $next; err_says "postgresql:"
wait $!
nothing_changed

begin "a server that is away: 66 where it is read, 73 where it is written, and nothing is published"
kill_server
sleep 0.2
run 66 nightly world/slow.yaml -m model.json --as-of $next -o away.runs
sed 's#^scores:.*#scores: {to: "postgresql:"}#' lite/churn.yaml >lite/server.yaml
run 73 nightly lite/server.yaml -m model.json --as-of 2025-12-03; [ ! -e lite/runs/2025-12-03 ] || fail "it was published"

begin "and when the server is back, the night is made up for"
if server_back; then
  sql "DROP TRIGGER waits ON churn_scores"
  run 0 nightly world/server.yaml -m model.json --as-of $next
  same <(server_rows $next) <(listed world/runs/$next/ranked.csv)
  same <(server_rows $day) <(listed world/runs/$day/ranked.csv)
else
  fail "$why"
fi
finish
