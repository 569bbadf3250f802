# Databases for the tests of the program, beside lib.sh: a PostgreSQL server of this test alone, and the same world as CSV, in SQLite
# and in PostgreSQL.
# SPDX-License-Identifier: GPL-3.0-or-later

# start_server: a server from Debian's packages on a private socket in a temporary folder; sets PGHOST, PGDATABASE, PGUSER. False,
# and `why` in words, where none is installed or it does not start.
start_server() {
  local bin
  bin=$(find /usr/lib/postgresql/*/bin -name postgres 2>/dev/null | sort -V | tail -1)
  if [ -z "$bin" ]; then why="PostgreSQL's server is not installed"; return 1; fi
  server_bin=$(dirname "$bin")
  server=$(mktemp -d)
  as_server=()
  if [ "$(id -u)" -eq 0 ]; then # the server refuses to run as root
    chown 65534:65534 "$server"
    as_server=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
  fi
  trap 'stop_server; chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
  export PGHOST=$server PGDATABASE=crm PGUSER=desk PGCONNECT_TIMEOUT=10 PGPASSFILE=$server/none
  unset PGPORT PGSERVICE PGPASSWORD PGSERVICEFILE
  if ! (cd "$server" && "${as_server[@]}" "$server_bin/initdb" -D "$server/data" -U desk -A trust -E UTF8 --locale=C --no-sync) \
    >"$server.log" 2>&1; then
    why="initdb fails: $(tail -1 "$server.log")"
    return 1
  fi
  printf 'local all locked scram-sha-256\nlocal all all trust\n' >"$server/data/pg_hba.conf"
  server_up && psql -qd postgres -c 'CREATE DATABASE crm' -c 'ALTER DATABASE crm SET client_min_messages = warning'
}
server_up() {
  (cd "$server" && "${as_server[@]}" "$server_bin/pg_ctl" -D "$server/data" -l "$server/log" -w -t 60 \
    -o "-k $server -c listen_addresses= -c fsync=off" start) >>"$server.log" 2>&1 ||
    { why="the server does not start: $(tail -1 "$server/log")"; return 1; }
}
stop_server() {
  [ -n "${server:-}" ] || return 0
  (cd "$server" && "${as_server[@]}" "$server_bin/pg_ctl" -D "$server/data" -m immediate stop) >/dev/null 2>&1
  rm -rf "$server" "$server.log"
  server=
}
# kill_server: as a crash would. server_back: until its last processes have gone it does not start.
kill_server() { kill -9 "$(head -1 "$server/data/postmaster.pid")"; }
server_back() {
  for _ in $(seq 40); do
    if server_up; then return 0; fi
    sleep 0.5
  done
  return 1
}

# asleep: waits until a statement sleeps in the server, which is the moment to end it.
asleep() {
  for _ in $(seq 200); do
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || return 0
    sleep 0.05
  done
  fail "nothing sleeps"
}

# sql TEXT: one statement in the server, its values on standard output.
sql() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
lite() { sqlite3 -bail "$@"; }

# The tables of a simulated world, with types, as SQL that both databases take.
world_tables='
CREATE TABLE customers (customer_id text, signup_date date, closed_date date, region text, segment text, employees integer);
CREATE TABLE interactions (customer_id text, date date, channel text);
CREATE TABLE complaints (customer_id text, opened_at date, closed_at date, severity integer, category text);
CREATE TABLE prices (customer_id text, effective_date date, tier text, monthly_fee double precision);
CREATE TABLE rep_assignments (customer_id text, start_date date, rep_id text);
CREATE TABLE invoices (customer_id text, issued date, due date, paid date, amount double precision);'
world_names='customers interactions complaints prices rep_assignments invoices'

# project_in DATABASE: the world's project with every file as a table of the database.
project_in() { sed -E "s#from: ([a-z_]+)\.csv#from: \"$1\", table: \1#; s#^  from: (\"[^\"]*\"), table: (.*)#  from: \1\n  table: \2#" "$project"; }

# fill_sqlite FILE: the world's tables; a missing value is NULL.
fill_sqlite() {
  lite "$1" "$world_tables"
  for table in $world_names; do
    lite "$1" ".import --csv --skip 1 '$work/world/$table.csv' $table"
  done
  for column in "customers closed_date" "complaints closed_at" "invoices paid"; do
    set -- "$1" $column
    lite "$1" "UPDATE $2 SET $3 = NULL WHERE $3 = ''"
  done
}
fill_postgresql() {
  sql "$world_tables"
  for table in $world_names; do sql "\\copy $table FROM '$work/world/$table.csv' CSV HEADER"; done
}
