#!/usr/bin/env bash
# Databases as sources: the same ranked list from CSV, SQLite and PostgreSQL; faults with table and row; servers and files that fail.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/cli/databases.sh
. "$(dirname "$0")/databases.sh"
make_world
cd "$work" || exit 1
if ! command -v sqlite3 >/dev/null; then name="all of this"; skip "the program sqlite3 is not installed"; cases=1; finish; exit; fi
fill_sqlite world/crm.db
has_server=true
start_server || has_server=false
if $has_server; then fill_postgresql; fi

project_in sqlite:crm.db >world/lite.yaml
project_in postgresql: >world/server.yaml

# all_from TAG PROJECT: feature table, model, and the list that this model and the CSV's model give.
all_from() {
  run 0 features "$2" -o "$1.features"
  run 0 train "$2" -o "$1.model" -q
  run 0 score "$2" -m csv.model -o "$1.list"
  run 0 score "$2" -m "$1.model" -o "$1.own"
}
same_all() {
  same csv.features "$1.features"; same csv.list "$1.list"
  same <(cut -d, -f1-10 csv.own) <(cut -d, -f1-10 "$1.own")
  same <(grep -v '"fingerprint"\|"id"\|"project' csv.model) <(grep -v '"fingerprint"\|"id"\|"project' "$1.model")
}
run 0 train "$project" -o csv.model -q
all_from csv "$project"

begin "the same list from SQLite, byte for byte"
all_from lite world/lite.yaml; same_all lite
begin "and with less memory than it needs, one thread, and a cache that databases do not use"
{ cat world/lite.yaml; echo 'cache: kept'; } >world/kept.yaml
run 0 score world/kept.yaml -m csv.model -o bound.list --memory 1 --threads 1; same csv.list bound.list
[ ! -e world/kept ] || fail "a cache was made: $(ls world/kept)"
begin "the same list from PostgreSQL, byte for byte"
if $has_server; then
  all_from server world/server.yaml; same_all server
  begin "one model from SQLite and PostgreSQL, byte for byte, and from CSV where numbers are written alike"
  same lite.model server.model
  sql "CREATE TABLE exact_prices AS SELECT customer_id, effective_date, tier, monthly_fee::numeric(12, 2) FROM prices;
    CREATE TABLE exact_invoices AS SELECT customer_id, issued, due, paid, amount::numeric(12, 2) FROM invoices"
  sed -E 's#table: (prices|invoices)#table: exact_\1#' world/server.yaml >world/exact.yaml
  run 0 train world/exact.yaml -o exact.model -q; same csv.model exact.model
  begin "from a service file, a connection string and an address"
  printf '[crm]\nhost=%s\ndbname=crm\nuser=desk\n' "$PGHOST" >services
  for target in postgresql:service=crm "postgresql:host=$PGHOST dbname=crm" "postgresql:///crm?host=$PGHOST" postgres:dbname=crm; do
    project_in "$target" >world/target.yaml
    PGSERVICEFILE=$work/services run 0 score world/target.yaml -m csv.model -o target.list; same csv.list target.list
  done
else
  skip "$why"
fi

begin "--source points at a database; without table, the table is called as the source"
lite world/crm.db 'CREATE VIEW engagements AS SELECT * FROM interactions'
run 0 score "$project" -m csv.model -o pointed.list --source customers=sqlite:world/crm.db --source engagements=sqlite:world/crm.db
same csv.list pointed.list
run 0 score world/lite.yaml -m csv.model -o pointed.list --source customers=world/customers.csv; same csv.list pointed.list

begin "a query joins, casts and ends in a semicolon and a comment"
sed -E "s#^  table: customers#  query: \"SELECT c.*, 1 AS one FROM customers AS c ORDER BY 1 DESC; \"#" world/lite.yaml >world/query.yaml
run 0 score world/query.yaml -m csv.model -o query.list; same csv.list query.list
if $has_server; then
  sed -E "s#^  table: customers#  query: \"SELECT c.*, 1 AS one FROM customers AS c ORDER BY 1 DESC -- newest\"#" world/server.yaml >world/query.yaml
  run 0 score world/query.yaml -m csv.model -o query.list; same csv.list query.list
fi

begin "values to the last bit, missing ones, quotes, line ends, other scripts"
cat >odd.yaml <<'Y'
version: 1
customers: {from: odd.csv, id: id, columns: {text: category, amount: number, kept: flag}}
features: customers.*
Y
{ printf 'id,text,amount,kept\n'
  printf 'a1,"one, ""two""\nthree\\n\tfour",0.1,true\n'
  printf 'a2,,-0.30000000000000004,false\n'
  printf 'a3,\\\\x,1e-310,\n'
  printf 'a4,李雷,,true\n'
  printf 'a5,\\.,179769313486231570000000000000,false\n'
} >odd.csv
for target in sqlite:odd.db postgresql:; do
  create='CREATE TABLE odd (id text, text text, amount double precision, kept TYPE)'
  insert="INSERT INTO odd VALUES ('a1', 'one, \"two\"' || chr(10) || 'three\\n' || chr(9) || 'four', 0.1, TRUE), ('a2', NULL, -0.1 - 0.2, FALSE),
    ('a3', '\\\\x', 1e-310, NULL), ('a4', '李雷', NULL, TRUE), ('a5', '\\.', 179769313486231570000000000000.0, FALSE)"
  if [ $target = sqlite:odd.db ]; then
    lite odd.db "${create/TYPE/integer}; ${insert//chr/char}"
  elif $has_server; then
    sql "${create/TYPE/boolean}"; sql "${insert/-0.1 - 0.2/-0.1::float8 - 0.2::float8}"
  else
    continue
  fi
  sed "s#odd.csv#'$target', table: odd#" odd.yaml >odd_there.yaml
  run 0 features odd.yaml -o odd.list; run 0 features odd_there.yaml -o odd_there.list
  same odd.list odd_there.list
done

begin "CHAR(n) is matched by its text, times are in UTC"
if $has_server; then
  sql "CREATE TABLE padded AS SELECT customer_id::char(20) AS customer_id, date::timestamp AT TIME ZONE 'UTC' AS date, channel::char(12) FROM interactions"
  sed "s#table: interactions#table: padded#" world/server.yaml >world/padded.yaml
  PGTZ=Asia/Shanghai run 0 score world/padded.yaml -m csv.model -o padded.list; same csv.list padded.list
else
  skip "$why"
fi

# Faults, the same in both: each is a statement that breaks one thing of a fresh copy, the exit code, and what must be said.
# fault DATABASE STATEMENT CODE WORDS…
fault() {
  local target=$1 statement=$2 code=$3
  shift 3
  if [ "$target" = sqlite ]; then
    cp world/crm.db world/broken.db
    lite world/broken.db "$statement" || fail "the statement fails"
    project_in sqlite:broken.db >world/broken.yaml
  else
    sql "DROP SCHEMA IF EXISTS broken CASCADE; CREATE SCHEMA broken"
    for table in $world_names; do sql "CREATE TABLE broken.$table (LIKE public.$table); INSERT INTO broken.$table SELECT * FROM public.$table"; done
    PGOPTIONS='-c search_path=broken' sql "$statement" || fail "the statement fails"
    project_in "postgresql:options='-c search_path=broken'" >world/broken.yaml
  fi
  guard broken.list
  run "$code" score world/broken.yaml -m csv.model -o broken.list
  for words in "$@"; do err_says "$words"; done
  untouched broken.list
  run "$code" check world/broken.yaml
}
targets=sqlite
if $has_server; then targets="sqlite postgresql"; fi
for target in $targets; do
  begin "$target: a table that is not there"
  fault $target "ALTER TABLE prices RENAME TO prizes" 66 "table prices"
  begin "$target: a column that is not there, with those that are"
  fault $target "ALTER TABLE prices RENAME COLUMN monthly_fee TO monthly_fees" 65 "table prices: no column \"monthly_fee\"" "the source has: monthly_fees"
  begin "$target: an id that is NULL"
  fault $target "UPDATE invoices SET customer_id = NULL WHERE customer_id = 'C000002'" 65 "table invoices, row " "customer_id"
  begin "$target: an id twice"
  fault $target "INSERT INTO customers SELECT * FROM customers WHERE customer_id = 'C000003'" 65 "table customers, row 601:" "on row 3"
  begin "$target: text in a column of numbers"
  if [ $target = sqlite ]; then breaking="UPDATE invoices SET amount = 'ten' WHERE rowid = 12"; else
    breaking="ALTER TABLE invoices ALTER amount TYPE text; INSERT INTO invoices VALUES ('C000001', '2023-01-01', NULL, NULL, 'ten')"; fi
  fault $target "$breaking" 65 "table invoices, row " "\"ten\""
  begin "$target: an impossible day"
  if [ $target = sqlite ]; then breaking="UPDATE complaints SET closed_at = '2024-02-30' WHERE rowid = 5"; else
    breaking="ALTER TABLE complaints ALTER closed_at TYPE text; DELETE FROM complaints WHERE opened_at > '2023-02-01';
      INSERT INTO complaints VALUES ('C000001', '2024-01-01', '2024-02-30', 1, 'x')"; fi
  fault $target "$breaking" 65 "table complaints, row " "2024-02-30"
  begin "$target: bytes that are no text, where they are asked for"
  if [ $target = sqlite ]; then breaking="UPDATE customers SET region = x'00ff' WHERE customer_id = 'C000007'"; else
    breaking="ALTER TABLE customers ALTER region TYPE bytea USING region::bytea"; fi
  fault $target "$breaking" 65 "table customers, row " "\"region\" holds bytes that are no text"
done
begin "bytes that are no text, where nobody asks for them, are no fault"
cp world/crm.db world/photos.db
lite world/photos.db "ALTER TABLE customers ADD photo; UPDATE customers SET photo = x'00ff'"
project_in sqlite:photos.db >world/photos.yaml
run 0 score world/photos.yaml -m csv.model -o photos.list; same csv.list photos.list
begin "the row after a text with line ends is counted right"
fault sqlite "UPDATE invoices SET amount = 'ten' WHERE rowid = 12; ALTER TABLE invoices ADD remark;
  UPDATE invoices SET remark = 'two' || char(10) || 'lines' || char(13) || 'and, more' WHERE rowid < 9" 65 "table invoices, row 12: "
begin "a NUL byte in a text"
fault sqlite "UPDATE interactions SET channel = 'a' || char(0) || 'b' WHERE rowid = 3" 65 "table interactions, row 3: " "NUL"
begin "bytes that are no UTF-8 in a text"
fault sqlite "UPDATE interactions SET channel = CAST(x'61ff' AS TEXT) WHERE rowid = 4" 65 "table interactions, row 4: " "UTF-8"
begin "a field of a megabyte"
cp world/crm.db world/long.db
lite world/long.db "UPDATE interactions SET channel = replace(hex(zeroblob(600000)), '00', 'é,') WHERE rowid = 3"
project_in sqlite:long.db >world/long.yaml
run 0 features world/long.yaml -o long.features
begin "rejected rows are kept with their number"
sed '/^version/a max_bad_rows: 1' world/lite.yaml | sed 's/crm.db/broken.db/' >world/reject.yaml
cp world/crm.db world/broken.db; lite world/broken.db "UPDATE invoices SET amount = 'ten' WHERE rowid = 12"
run 0 score world/reject.yaml -m csv.model -o reject.list; err_says "table invoices, row 12: 1 of "
grep -q '^12,0,' world/rejects/payments.csv || fail "no rejected row 12: $(cat world/rejects/*)"

begin "a query that is wrong is told where it stands"
sed -E "s#^  table: customers#  query: SELEC 1#" world/lite.yaml >world/query.yaml
run 78 score world/query.yaml -m csv.model -o -; err_says "world/query.yaml:10:10: "; err_says "syntax error"; out_silent
for query in "DELETE FROM customers" "SELECT 1; SELECT 2" "INSERT INTO customers DEFAULT VALUES RETURNING *"; do
  sed -E "s#^  table: customers#  query: $query#" world/lite.yaml >world/query.yaml
  run 78 score world/query.yaml -m csv.model -o -; err_says "may only read"
done
if $has_server; then
  before=$(sql 'SELECT count(*) FROM customers')
  for query in "SELEC 1" "DELETE FROM customers" "SELECT 1; SELECT 2" "SELECT 1) TO STDOUT; DROP TABLE customers; --" \
    "WITH gone AS (DELETE FROM customers RETURNING *) SELECT * FROM gone"; do
    sed -E "s#^  table: customers#  query: \"$query\"#" world/server.yaml >world/query.yaml
    run 78 score world/query.yaml -m csv.model -o -; err_says "world/query.yaml:10:11: "; out_silent
  done
  [ "$(sql 'SELECT count(*) FROM customers')" = "$before" ] || fail "a query wrote"
fi

begin "keys that do not belong together"
broken() { printf 'version: 1\ncustomers: {from: %s}\nfeatures: customers.*\n' "$1" >keys.yaml; run 78 check keys.yaml; err_says "keys.yaml:2:"; err_says "$2"; }
broken "x.csv, table: y" "names a file"
broken "x.csv, query: SELECT 1" "names a file"
broken "'sqlite:x', table: y, query: SELECT 1" "give one"
broken "'sqlite:'" "the file is missing"
broken "'sqlite:x', delimiter: ';'" "says how a file is written"
broken "'sqlite:x', encoding: latin-1" "says how a file is written"
broken "'postgresql:crm'" "service=NAME"

begin "a password in the project or on the command line is refused, and not repeated"
for target in "postgresql:dbname=crm password=hunter2" "postgresql://desk:hunter2@localhost/crm" "postgresql:password=hunter2 x" \
  "postgresql:dbname=crm sslpassword=hunter2"; do
  broken "\"$target\"" "postgresql:"
  if grep -q hunter2 "$work/err" "$work/out"; then fail "the password is repeated"; fi
  run 2 score "$project" -m csv.model -o - --source "customers=$target"
  if grep -q hunter2 "$work/err"; then fail "the password is repeated"; fi
done
broken "'postgresql:password=hunter2'" "PGPASSFILE"

begin "SQLite: no file, a folder, no database, a file that may not be read"
run 66 score "$project" -m csv.model -o - --source customers=sqlite:nowhere.db; err_says "sqlite:nowhere.db"
[ ! -e nowhere.db ] || fail "a file was made"
run 74 score "$project" -m csv.model -o - --source customers=sqlite:world || true
run 65 score "$project" -m csv.model -o - --source customers=sqlite:world/customers.csv; err_says "not a database"
if drop_rights; then
  chmod 755 world; chmod 644 world/*; chmod 000 world/photos.db; chmod 644 csv.model
  run_as_nobody 77 score "$project" -m csv.model -o - --source customers=sqlite:world/photos.db; err_says "photos.db"
  chmod 644 world/photos.db
else
  skip "the rights cannot be dropped"
fi
begin "SQLite: a database that another process writes to is read as it was; one that is locked is waited for, then said"
mkfifo hold
sqlite3 world/crm.db <hold >/dev/null &
holder=$!
exec 7>hold
printf 'PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; UPDATE customers SET region = 7;\n.shell touch held\n' >&7
until [ -e held ]; do sleep 0.05; done
guard locked.list
run 75 score world/lite.yaml -m csv.model -o locked.list; err_says "locked"; untouched locked.list
printf 'ROLLBACK;\n' >&7; exec 7>&-; wait $holder
run 0 score world/lite.yaml -m csv.model -o locked.list; same csv.list locked.list

if ! $has_server; then begin "PostgreSQL's faults"; skip "$why"; finish; exit; fi

begin "PostgreSQL: nobody listens, no such database, no such user"
PGHOST=$work run 66 score world/server.yaml -m csv.model -o -; err_says "postgresql:: "; err_says "cannot connect"
PGDATABASE=nowhere run 66 score world/server.yaml -m csv.model -o -; err_says "nowhere"
PGUSER=stranger run 77 score world/server.yaml -m csv.model -o -; err_says "stranger"
PGSERVICE=unknown run 66 score world/server.yaml -m csv.model -o -; err_says "unknown"
begin "PostgreSQL: no password, a wrong one, and the right one from a password file, a service file and the environment"
sql "CREATE ROLE locked LOGIN PASSWORD 'secret 7'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO locked"
export PGUSER=locked
run 77 score world/server.yaml -m csv.model -o -; err_says "password"
PGPASSWORD=wrong run 77 score world/server.yaml -m csv.model -o -; err_says "password"
PGPASSWORD='secret 7' run 0 score world/server.yaml -m csv.model -o locked.list; same csv.list locked.list
echo '*:*:*:locked:secret 7' >passwords; chmod 600 passwords
PGPASSFILE=$work/passwords run 0 score world/server.yaml -m csv.model -o locked.list; same csv.list locked.list
printf '[crm]\nhost=%s\ndbname=crm\npassword=secret 7\n' "$PGHOST" >services
PGSERVICEFILE=$work/services PGSERVICE=crm run 0 score world/server.yaml -m csv.model -o locked.list; same csv.list locked.list
begin "PostgreSQL: a table that may not be read"
PGUSER=desk sql "REVOKE SELECT ON prices FROM locked"
PGPASSWORD='secret 7' run 77 score world/server.yaml -m csv.model -o -; err_says "permission denied"; err_says "table prices"
export PGUSER=desk

# A query that has sent rows and then waits: the moment to end its backend or the server.
begin "PostgreSQL: the connection is cut while rows come"
sed -E "s#table: interactions#query: \"SELECT * FROM interactions UNION ALL SELECT customer_id, date, channel || pg_sleep(60)::text FROM interactions\"#" world/server.yaml >world/slow.yaml
guard cut.list
{ asleep; sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null; } & 
run 74 score world/slow.yaml -m csv.model -o cut.list; err_says "query of engagements"; err_says "terminating connection"; untouched cut.list
wait $!
begin "PostgreSQL: the server is killed while rows come"
guard cut.list
{ asleep; kill_server; } &
run 74 score world/slow.yaml -m csv.model -o cut.list; err_says "query of engagements"; untouched cut.list
wait $!
begin "and comes back"
if server_back; then run 0 score world/server.yaml -m csv.model -o back.list; same csv.list back.list; else fail "$why"; fi
finish
