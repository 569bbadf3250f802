#!/usr/bin/env bash
# Ranked lists into SQLite and PostgreSQL: the rows of the file, a day at a time, all or nothing whatever breaks.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/cli/databases.sh
. "$(dirname "$0")/databases.sh"
make_world
cd "$work" || exit 1
if ! command -v sqlite3 >/dev/null; then name="all of this"; skip "the program sqlite3 is not installed"; cases=1; finish; exit; fi
has_server=true
start_server || has_server=false
run 0 train "$project" -o model -q
for day in 2025-03-01 2025-04-01; do run 0 score "$project" -m model --as-of $day -o $day.csv; done
run 0 score "$project" -m model --as-of 2025-04-01 --top 7 -o top.csv

# ask DATABASE SQL: values of one statement. rows DATABASE: all rows of its scores, to see that nothing changed.
ask() { case $1 in sqlite:*) lite "${1#sqlite:}" "$2" ;; *) sql "$2" ;; esac; }
rows() { ask "$1" 'SELECT * FROM churn_scores ORDER BY as_of, rank'; }
# holds DATABASE TABLE FILE…: the table's rows are those of the ranked lists, numbers to the last bit. The program itself reads both.
holds() {
  local database=$1 table=$2 count=0
  shift 2
  for list in "$@"; do
    local day from kind=list
    day=$(sed -n '2{s/^[^,]*,[^,]*,\([^,]*\),.*/\1/;p}' "$list")
    count=$((count + $(wc -l <"$list") - 1))
    for from in "'$list'" "'$database', query: 'SELECT * FROM $table WHERE as_of = ''$day'''"; do
      printf 'version: 1\ncustomers:\n  {from: %s, id: customer_id, columns: {rank: number, probability: number, logit: number, value: number,
  expected_loss: number, reason_1: category, reason_2: category, reason_3: category, model: category}}\nfeatures: customers.*\n' "$from" >holds.yaml
      "$churn" features holds.yaml -o "holds.$kind" -q 2>>err || fail "the scores cannot be read"
      kind=table
    done
    same holds.list holds.table
  done
  [ "$(ask "$database" "SELECT count(*) FROM $table")" = $count ] || fail "the table has other days too"
}

targets=sqlite:scores.db
if $has_server; then targets="$targets postgresql:"; else begin "scores in PostgreSQL"; skip "$why"; fi
for target in $targets; do
  begin "$target: a table is made, and has the rows of the list"
  run 0 score "$project" -m model --as-of 2025-04-01 -o $target; out_silent; err_says "-> $target"
  holds $target churn_scores 2025-04-01.csv
  begin "$target: the same night again changes nothing"
  rows $target >before; run 0 score "$project" -m model --as-of 2025-04-01 -o $target; same before <(rows $target)
  begin "$target: another day stands beside it"
  run 0 score "$project" -m model --as-of 2025-03-01 -o $target; holds $target churn_scores 2025-04-01.csv 2025-03-01.csv
  begin "$target: a shorter list of a day takes the others of that day away"
  run 0 score "$project" -m model --as-of 2025-04-01 --top 7 -o $target; holds $target churn_scores top.csv 2025-03-01.csv
  begin "$target: a list of nobody leaves nobody of its day"
  ask $target "INSERT INTO churn_scores VALUES (1, 'X', '1990-01-01', 0.5, 0, NULL, NULL, NULL, NULL, NULL, 'm')"
  run 0 score "$project" -m model --as-of 1990-01-01 -o $target; holds $target churn_scores top.csv 2025-03-01.csv
  begin "$target: another table by name, made by hand with a column more"
  ask $target 'CREATE TABLE "Nightly ""list" (rank integer, model text, customer_id text, as_of '"$(case $target in sqlite*) echo text ;; *) echo date ;; esac)"', probability double precision,
    logit double precision, value double precision, expected_loss double precision, reason_1 text, reason_2 text, reason_3 text,
    seen integer DEFAULT 0, UNIQUE (as_of, customer_id))'
  run 0 score "$project" -m model --as-of 2025-04-01 -o $target --table 'Nightly "list'
  holds $target '"Nightly ""list"' 2025-04-01.csv
  begin "$target: a table of another kind is refused and left alone"
  ask $target 'CREATE TABLE other (id integer)'; ask $target 'INSERT INTO other VALUES (7)'
  rows $target >before
  run 73 score "$project" -m model --as-of 2025-04-01 -o $target --table other; err_says "$target"; err_says "write the scores"
  [ "$(ask $target 'SELECT * FROM other')" = 7 ] || fail "the other table changed"
  same before <(rows $target)
  begin "$target: a flat list has no day"
  printf 'version: 1\ncustomers: {from: flat.csv, id: id}\noutcome: {column: churned, positive: 1}\nfeatures: customers.*\nfit: {penalty: ridge, lambda: 1}\n' >flat.yaml
  awk 'BEGIN {srand(7); print "id,x,churned"; for (i = 1; i <= 200; i++) {x = rand(); printf "k\\%d,%.3f,%d\n", i, x, rand() < x}}' >flat.csv
  run 0 train flat.yaml -o flat.model -q
  run 0 score flat.yaml -m flat.model -o flat.list
  for _ in 1 2; do run 0 score flat.yaml -m flat.model -o $target --table flat; done
  ask $target "DELETE FROM flat WHERE as_of IS NOT NULL"
  holds_flat=$(ask $target "SELECT count(*) || ' ' || count(DISTINCT customer_id) || ' ' || min(customer_id) FROM flat WHERE as_of IS NULL")
  [ "$holds_flat" = '200 200 k\1' ] || fail "the flat table has $holds_flat"
  begin "$target: the project's own key"
  { cat "$project"; echo "scores: {to: '$target', table: nightly_scores}"; } >world/publish.yaml
  case $target in sqlite:*) there=sqlite:world/scores.db ;; *) there=$target ;; esac
  run 0 score world/publish.yaml -m model --as-of 2025-03-01 --publish -o published.csv; same published.csv 2025-03-01.csv
  holds $there nightly_scores 2025-03-01.csv
done

begin "wrong usage"
run 2 score "$project" -m model -o list.csv --table x; err_says "--table"
run 2 score "$project" -m model --publish; err_says "scores"; out_silent
run 2 score "$project" -m model -o sqlite:; err_says "the file is missing"
run 2 score "$project" -m model -o "postgresql:password=hunter2"; err_says "PGPASSFILE"
if grep -q hunter2 "$work/err"; then fail "the password is repeated"; fi
for wrong in "{to: list.csv}" "{table: x}" "{to: 'postgresql:password=x'}" "{too: x}"; do
  { cat "$project"; echo "scores: $wrong"; } >world/wrong.yaml
  run 78 check world/wrong.yaml; err_says "world/wrong.yaml:"
done

begin "SQLite: no folder, no database, a folder or a file that may not be written"
run 73 score "$project" -m model -o sqlite:nowhere/scores.db; err_says "nowhere/scores.db"
run 65 score "$project" -m model -o sqlite:world/customers.csv; err_says "not a database"
if drop_rights; then
  chmod 755 world; chmod 644 world/* model
  mkdir -p locked && lite locked/old.db 'CREATE TABLE x (y)' && chmod 555 locked && chmod 444 locked/old.db
  run_as_nobody 77 score "$project" -m model -o sqlite:locked/new.db; err_says "locked/new.db"
  run_as_nobody 77 score "$project" -m model -o sqlite:locked/old.db; err_says "locked/old.db"
  [ "$(ls locked)" = old.db ] || fail "litter: $(ls locked)"
else
  skip "the rights cannot be dropped"
fi
begin "SQLite: a run that fails later leaves no new file"
run 66 score nowhere.yaml -m model -o sqlite:new.db; [ ! -e new.db ] || fail "new.db was made"
begin "SQLite: locked by another process"
rows sqlite:scores.db >before
mkfifo hold
sqlite3 scores.db <hold >/dev/null &
holder=$!
exec 7>hold
printf 'BEGIN IMMEDIATE;\n.shell touch held\n' >&7
until [ -e held ]; do sleep 0.05; done
run 75 score "$project" -m model --as-of 2025-04-01 -o sqlite:scores.db; err_says "locked"
printf 'ROLLBACK;\n' >&7; exec 7>&-; wait $holder
same before <(rows sqlite:scores.db)

# A file system that nobody else sees and that ends with the run; only root can make one.
begin "SQLite: a full disk leaves the old rows"
mkdir small
cat >full <<X
#!/bin/sh
exec unshare -m sh -c 'mount -t tmpfs -o size=96k tmpfs "$work/small" && cp "$work/scores.db" "$work/small/" && exec 3>"$work/small/fill" &&
  dd if=/dev/zero of="$work/small/fill" bs=1k count=96 2>/dev/null; "\$0" "\$@"; code=\$?; rm "$work/small/fill"; cp "$work/small/scores.db" "$work/after.db"; exit \$code' "$churn" "\$@"
X
chmod +x full
lite scores.db 'DROP TABLE flat; DROP TABLE "Nightly ""list"; DELETE FROM churn_scores WHERE rank > 9; VACUUM'
if ./full --version >out 2>err; then
  rows sqlite:scores.db >before
  churn=./full run 74 score "$project" -m model --as-of 2025-04-01 -o sqlite:small/scores.db; err_says "full"
  same before <(rows sqlite:after.db)
else
  skip "no file system can be mounted"
fi
begin "SQLite: the limit on file sizes leaves the old rows"
rows sqlite:scores.db >before
(failed=0; ulimit -f 64; run 74 score "$project" -m model --as-of 2025-04-01 -o sqlite:scores.db; [ "$failed" -eq 0 ]) || fail "see above"
same before <(rows sqlite:scores.db)

if ! $has_server; then finish; exit; fi
run 0 score "$project" -m model --as-of 2025-04-01 -o postgresql:
rows postgresql: >before

begin "PostgreSQL: nobody listens, no such database, no right to write"
PGHOST=$work run 73 score "$project" -m model -o postgresql:; err_says "cannot connect"
PGDATABASE=nowhere run 73 score "$project" -m model -o postgresql:; err_says "nowhere"
run 73 score "$project" -m model -o postgresql: --table nowhere.scores; err_says "nowhere"
sql 'CREATE ROLE reader LOGIN; GRANT SELECT ON churn_scores TO reader'
PGUSER=reader run 77 score "$project" -m model --as-of 2025-04-01 -o postgresql:; err_says "permission denied"
PGUSER=reader run 77 score "$project" -m model --as-of 2025-04-01 -o postgresql: --table its_own; err_says "permission denied"
same before <(rows postgresql:)
begin "PostgreSQL: who may write the table, but not make one"
sql 'CREATE ROLE writer LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON churn_scores TO writer'
PGUSER=writer run 0 score "$project" -m model --as-of 2025-04-01 -o postgresql:
same before <(rows postgresql:)
begin "PostgreSQL: a database that is read only"
PGOPTIONS='-c default_transaction_read_only=on' run 0 score "$project" -m model --as-of 2025-04-01 -o postgresql:
begin "PostgreSQL: readers are not held up, two writers wait for each other"
for _ in 1 2 3; do
  "$churn" score "$project" -m model --as-of 2025-04-01 -o postgresql: -q 2>first & first=$!
  "$churn" score "$project" -m model --as-of 2025-04-01 -o postgresql: -q 2>second & second=$!
  wait $first || fail "the first: $(cat first)"
  wait $second || fail "the second: $(cat second)"
done
same before <(rows postgresql:)

# A trigger breaks the writing at its last step, with rows of the day already gone.
trigger() {
  sql "CREATE OR REPLACE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN $1; RETURN NEW; END';
    DROP TRIGGER IF EXISTS breaks ON churn_scores; CREATE TRIGGER breaks BEFORE INSERT ON churn_scores FOR EACH ROW WHEN (NEW.rank = 3) EXECUTE FUNCTION break()"
}
begin "PostgreSQL: a full disk"
trigger "RAISE disk_full USING MESSAGE = ''could not extend file: No space left on device''"
run 74 score "$project" -m model --as-of 2025-04-01 --top 5 -o postgresql:; err_says "No space left"
same before <(rows postgresql:)
begin "PostgreSQL: the connection is cut while rows are written"
trigger "PERFORM pg_sleep(60)"
{ asleep; sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null; } &
run 74 score "$project" -m model --as-of 2025-04-01 --top 5 -o postgresql:; err_says "terminating connection"
wait $!
same before <(rows postgresql:)
begin "PostgreSQL: a lock that is held is waited for as long as the server says"
mkfifo rows_held
psql -q <rows_held >/dev/null &
holder=$!
exec 8>rows_held
printf 'BEGIN; LOCK TABLE churn_scores;\n\\! touch locked_there\n' >&8
until [ -e locked_there ]; do sleep 0.05; done
PGOPTIONS='-c lock_timeout=300ms' run 75 score "$project" -m model --as-of 2025-04-01 --top 5 -o postgresql:; err_says "lock"
printf 'ROLLBACK;\n' >&8; exec 8>&-; wait $holder
begin "PostgreSQL: the server is killed while rows are written"
{ asleep; kill_server; } &
run 74 score "$project" -m model --as-of 2025-04-01 --top 5 -o postgresql:; err_says "postgresql:"
wait $!
if server_back; then same before <(rows postgresql:); else fail "$why"; fi
begin "and the next run finishes what it could not"
sql 'DROP TRIGGER breaks ON churn_scores'
run 0 score "$project" -m model --as-of 2025-04-01 --top 7 -o postgresql:; holds postgresql: churn_scores top.csv 2025-03-01.csv
finish
