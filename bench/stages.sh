# Stages of bench/run in which whole programs race on CSV files: parse, features, cache, memory, database, equal, score, compare, scaling. Sourced by
# bench/run.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables of bench/run

# The Python that has a module; distributions keep theirs beside others.
python_with() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c "import $1" 2>/dev/null; then echo "$candidate"; return; fi
  done
  return 1
}

has_node() { command -v node >/dev/null && (cd "$here/peers" && node -e "import('$1').catch(() => process.exit(1))") >/dev/null 2>&1; }

present() { # PEER
  case $1 in
    duckdb*) has_node @duckdb/node-api ;;
    polars*) has_node nodejs-polars ;;
    pandas) python_with pandas >/dev/null ;;
    scikit-learn) python_with sklearn,pandas >/dev/null ;;
    fread) command -v Rscript >/dev/null && Rscript -e "library(data.table)" >/dev/null 2>&1 ;;
    libcsv) [ -x "$build/bench/parse_libcsv" ] ;;
  esac
}

# race STAGE CASE LABEL PEER…: ours_STAGE and peer_STAGE PEER run in turn; check_STAGE PEER prints what was compared, and fails where the two results
# differ; only then times are printed. LABEL: the time that counts, wall (whole process) or call (what the program says of itself).
race() {
  local stage=$1 case=$2 label=$3 here_now="" peer round compared
  shift 3
  for peer in "$@"; do
    if present "$peer"; then here_now="$here_now $peer"; else echo "missing $stage $case $peer"; fi
  done
  for ((round = 0; round < repeats; round++)); do
    "ours_$stage" || { cat "$scratch/$stage.ours.err" >&2; exit 1; }
    for peer in $here_now; do
      "peer_$stage" "$peer" || { touch "$scratch/$stage.$peer.failed"; cat "$scratch/$stage.$peer.err" >&2; }
    done
  done
  for peer in $here_now; do
    if [ -e "$scratch/$stage.$peer.failed" ]; then
      echo "failed $stage $case $peer"
      status=1
    elif compared=$("check_$stage" "$peer"); then
      echo "equal $stage $case $peer $compared"
      echo "$peer" >>"$scratch/$stage.raced"
    else
      echo "unequal $stage $case $peer $compared"
      status=1
    fi
  done
  tell_race "$stage" "$case" "$label"
  rm -f "$scratch/$stage".*
}

tell_speed() { awk -v t="$(median_time "parse.$2" call)" -v mb="$megabytes" -v head="speed parse $1 $2" 'BEGIN {printf "%s %.0f MB/s\n", head, mb / t}'; } # CASE WHO

tell_race() { # STAGE CASE LABEL
  local peer
  echo "time $1 $2 $(median_time "$1.ours" "$3")"
  [ "$1" != parse ] || tell_speed "$2" ours
  [ -e "$scratch/$1.raced" ] || echo "peak $1 $2 $(peak_mib "$1.ours") -"
  while read -r peer; do
    awk -v ours="$(median_time "$1.ours" "$3")" -v peer="$(median_time "$1.$peer" "$3")" -v head="ratio $1 $2 $peer" \
      'BEGIN {printf "%s %.2f\n", head, peer / ours}'
    [ "$1" != parse ] || tell_speed "$2" "$peer"
    echo "peak $1 $2 $(peak_mib "$1.ours") $(peak_mib "$1.$peer") $peer"
  done < <(cat "$scratch/$1.raced" 2>/dev/null)
}

# What parse and features read: the export of --world, or one made here, by links, with labels.csv and features.yaml added. --by-date: the engagements in
# the order of days, as a log grows; else customer by customer.
make_world() { # CUSTOMERS FOLDER [EXPORT]
  local from=${3:-}
  [ ! -e "$2/features.yaml" ] || return 0
  if [ -z "$from" ]; then
    from=$2.export
    "$build/churn" simulate "$from" --customers "$1" --truth 1 --quiet
  fi
  mkdir -p "$2"
  ln -s "$(cd "$from" && pwd)"/*.csv "$2"
  rm -f "$2/labels.csv"
  awk -F, -f "$here/make_labels.awk" "$2/customers.csv" >"$2/labels.csv"
  if [ -n "$by_date" ]; then
    rm "$2/interactions.csv"
    head -n 1 "$from/interactions.csv" >"$2/interactions.csv"
    tail -n +2 "$from/interactions.csv" | sort -s -t, -k2,2 >>"$2/interactions.csv"
  fi
  cp "$here/features.yaml" "$2"
}

sums() { grep -E '^(rows|days|id_bytes|level) ' "$scratch/parse.$1.log" | sort -u; }

ours_parse() { measure parse.ours "$build/bench/bench_parse" "$mode" "$interactions" --threads "$threads"; }
peer_parse() {
  case $1 in
    libcsv) measure parse.libcsv "$build/bench/parse_libcsv" "$interactions" ;;
    pandas) measure parse.pandas "$(python_with pandas)" "$here/peers/parse_pandas.py" "$interactions" ;;
    fread) measure parse.fread Rscript "$here/peers/parse_fread.R" "$interactions" ;;
    *) measure "parse.$1" node "$here/peers/parse_$1.mjs" "$mode" "$interactions" ;;
  esac
}
check_parse() {
  diff <(sums ours) <(sums "$1") >&2 && echo "$(sums ours | wc -l) 0"
}

stage_parse() {
  make_world "$customers" "$scratch/world" "$world"
  interactions=$scratch/world/interactions.csv
  megabytes=$(($(stat -Lc %s "$interactions") / 1000000))
  mode=scan
  race parse "${megabytes}MB-id,date,channel$by_date-scan" call polars duckdb libcsv
  mode=load
  race parse "${megabytes}MB-id,date,channel$by_date-load" call polars duckdb pandas fread
}

ours_features() {
  measure features.ours "$build/churn" features "$scratch/world/features.yaml" --quiet --threads "$threads" -o "$scratch/features.ours.csv"
}
peer_features() {
  case $1 in
    pandas) measure features.pandas "$(python_with pandas)" "$here/peers/features_pandas.py" "$scratch/world" "$scratch/features.pandas.csv" ;;
    *) measure "features.$1" node "$here/peers/features_$1.mjs" "$scratch/world" "$scratch/features.$1.csv" ;;
  esac
}
check_features() { python3 "$here/equal.py" "$scratch/features.ours.csv" "$scratch/features.$1.csv"; }

stage_features() {
  make_world "$customers" "$scratch/world" "$world"
  race features "$(($(wc -l <"$scratch/world/labels.csv") - 1))rows$by_date" wall polars duckdb pandas
}

# The features with the cache of parsed sources: empty, full, and after a day of engagements came in; DuckDB reads the CSV every time.
cached_features() { # NAME
  measure "cache.$1" "$build/churn" features "$scratch/cached/cached.yaml" --quiet --threads "$threads" -o "$scratch/cache.$1.csv" ||
    { cat "$scratch/cache.$1.err" >&2; exit 1; }
}
same_features() { # NAME: a run without the cache gives the same bytes
  "$build/churn" features "$scratch/cached/cached.yaml" --quiet --no-cache -o "$scratch/cache.plain.csv"
  cmp "$scratch/cache.$1.csv" "$scratch/cache.plain.csv" || { echo "unequal cache $1 no-cache"; exit 1; }
}

stage_cache() {
  local round name compared case here_now=""
  make_world "$customers" "$scratch/world" "$world"
  mkdir "$scratch/cached"
  cp -a "$scratch/world"/* "$scratch/cached"
  cp --remove-destination -L "$scratch/world/interactions.csv" "$scratch/cached/interactions.csv"
  { cat "$scratch/world/features.yaml"; echo "cache: kept"; } >"$scratch/cached/cached.yaml"
  awk -F, 'NR > 1 && $2 == "2025-06-02"' "$scratch/cached/interactions.csv" >"$scratch/day.csv"
  case="$(($(wc -l <"$scratch/cached/labels.csv") - 1))rows$by_date"
  if present duckdb; then here_now=duckdb; else echo "missing cache $case duckdb"; fi
  for ((round = 0; round < repeats; round++)); do
    rm -rf "$scratch/cached/kept"
    sleep 3 # a file that has just changed is hashed
    # The peer first: what its memory leaves to the system is then not between two runs that are compared.
    [ -z "$here_now" ] || measure cache.duckdb node "$here/peers/features_duckdb.mjs" "$scratch/cached" "$scratch/cache.duckdb.csv"
    cached_features cold
    cached_features warm
    cat "$scratch/day.csv" >>"$scratch/cached/interactions.csv"
    cached_features appended
    cmp "$scratch/cache.cold.csv" "$scratch/cache.warm.csv"
    if [ -n "$here_now" ]; then
      if ! compared=$(python3 "$here/equal.py" "$scratch/cache.warm.csv" "$scratch/cache.duckdb.csv"); then
        echo "unequal cache $case duckdb $compared"
        exit 1
      fi
      echo "equal cache $case duckdb $compared"
    fi
    same_features appended
  done
  for name in cold warm appended; do
    echo "time cache $case-$name $(median_time "cache.$name" wall)"
    echo "peak cache $case-$name $(peak_mib "cache.$name") -"
    [ -z "$here_now" ] || ratio_of "ratio cache $case-$name duckdb" "$(median_time "cache.$name" wall)" "$(median_time cache.duckdb wall)"
  done
  ratio_of "limit cache $case-appended warm" "$(median_time cache.warm wall)" "$(median_time cache.appended wall)"
  rm -rf "$scratch/cached" "$scratch"/cache.*
}

# Our ranked list as a peer writes it, both in the order of the ids; each is in order of probability before.
by_id() { # FILE ID P
  awk -F, -v p="$3" 'NR > 2 && $p > last {exit 1} NR > 1 {last = $p}' "$1" || { echo "$1 is not ranked" >&2; return 1; }
  echo "customer_id,row,p"
  tail -n +2 "$1" | cut -d, -f"$2,$3" | sort -t, -k1,1 | sed 's/,/,,/'
}
ours_score() { measure score.ours "$build/churn" score "$scratch/flat/flat.yaml" -m "$scratch/flat/model.json" -o "$scratch/score.ours.csv" "${list[@]}" --quiet --threads "$threads"; }
peer_score() {
  local files=("$scratch/flat/flat.csv" "$scratch/flat/model.json" "$scratch/score.$1.csv" ${top:+"$top"})
  case $1 in
    scikit-learn) measure score.scikit-learn "$(python_with sklearn,pandas)" "$here/peers/score_sklearn.py" "${files[@]}" ;;
    *) measure "score.$1" node "$here/peers/score_$1.mjs" "${files[@]}" ;;
  esac
}
check_score() {
  [ -e "$scratch/score.ours.ids" ] || by_id "$scratch/score.ours.csv" "${places[@]}" >"$scratch/score.ours.ids" || return 1
  by_id "$scratch/score.$1.csv" 1 2 >"$scratch/score.$1.ids" && python3 "$here/equal.py" "$scratch/score.ours.ids" "$scratch/score.$1.ids"
}

# The peers write id and probability: -lean, we too; -whole, all columns of our list, reasons among them; -top1000, all columns of the riskiest 1,000.
stage_score() {
  local flat=$scratch/flat list places=(2 4) top=""
  mkdir -p "$flat"
  "$build/bench/make_flat" "$rows" "$columns" >"$flat/flat.csv"
  head -n 50001 "$flat/flat.csv" >"$flat/train.csv"
  flat_project "$columns" >"$flat/flat.yaml"
  "$build/churn" train "$flat/flat.yaml" --source "customers=$flat/train.csv" -o "$flat/model.json" --quiet
  list=()
  race score "${rows}x$columns-whole" wall polars duckdb scikit-learn
  list=(--columns "customer_id,probability") places=(1 2)
  race score "${rows}x$columns-lean" wall polars duckdb scikit-learn
  list=(--top 1000) places=(2 4) top=1000
  race score "${rows}x$columns-top1000" wall polars duckdb scikit-learn
  rm -rf "$flat"
}

flat_project() { # COLUMNS: the project of a flat.csv from make_flat
  printf 'version: 1\ncustomers:\n  from: flat.csv\n  id: id\n  columns:\n'
  seq -f '    x%.0f: number' "$1"
  printf 'outcome: {column: churned, positive: "1"}\nfeatures: customers.*\n'
}

# Feature sets on the same folds. The peer is timed on the first two sets, all of one size but the first, and its time is multiplied up to ours.
# The peer fits and scores by log-loss and AUC; our whole process also tests, draws curves and intervals, and explains the best set.
compare_sets() { # NAME OPTION…: our run on flat.yaml
  local name=$1
  shift
  measure "$name" "$build/churn" compare "$flat/flat.yaml" --sets "$(cat "$flat/sets")" --folds "$folds" --seed 1 --json --quiet --threads "$threads" "$@" ||
    { cat "$scratch/$name.err" >&2; exit 1; }
}

stage_compare() {
  local flat=$scratch/flat sets=32 folds=10 timed=2 wide=$columns round peer case compared fits
  [ -n "$shaped" ] || wide=50
  [ "$sets" -le "$wide" ] || sets=$wide
  case=${rows}x$wide-${sets}sets-${folds}folds
  mkdir -p "$flat"
  "$build/bench/make_flat" "$rows" "$wide" >"$flat/flat.csv"
  flat_project "$wide" >"$flat/flat.yaml"
  { echo all; seq -f 'all - x%.0f' $((sets - 1)); } | paste -sd, >"$flat/sets"
  for ((round = 0; round < timed; round++)); do seq -f 'x%.0f' "$wide" | grep -vx "x$round" | paste -sd' '; done >"$flat/timed"
  tail -n +2 "$flat/flat.csv" | cut -d, -f1,$((wide + 2)) | "$build/bench/deal_folds" "$folds" 1 >"$flat/folds"
  compare_sets compare.brief --brief
  compare_sets compare.ours
  sed '/^time wall\|^peak /d' "$scratch/compare.ours.log" >"$flat/ours.json"
  fits=$(python3 "$here/compare_equal.py" --fit_ms "$flat/ours.json")
  echo "time compare $case-whole $(median_time compare.ours wall)"
  echo "time compare $case-brief $(median_time compare.brief wall)"
  echo "time compare $case-fits $fits"
  echo "peak compare $case $(peak_mib compare.ours) $((rows * wide * 8 / 1048576)) tiles"
  for peer in lbfgs newton-cholesky; do
    if [ -z "$python" ]; then
      echo "missing compare $case $peer"
    elif ! measure "compare.$peer" "$python" "$here/peers/compare_sklearn.py" "$flat/flat.csv" "$flat/folds" "$flat/timed" "$peer" "$threads"; then
      cat "$scratch/compare.$peer.err" >&2
      echo "failed compare $case $peer"
      status=1
    elif compared=$(python3 "$here/compare_equal.py" "$flat/ours.json" "$scratch/compare.$peer.log"); then
      echo "equal compare $case $peer $compared"
      awk -v whole="$(median_time compare.ours wall)" -v brief="$(median_time compare.brief wall)" -v fits="$fits" -v read="$(median_time "compare.$peer" read)" -v call="$(median_time "compare.$peer" call)" \
        -v scale="$sets/$timed" -v times="$((sets / timed))" -v case="$case" -v peer="$peer" \
        'BEGIN {printf "ratio compare %s-whole %s*%s %.1f\nratio compare %s-brief %s*%s %.1f\nratio compare %s-fits %s*%s %.1f\n", case, peer, scale, (read + times * call) / whole, case, peer, scale, (read + times * call) / brief, case, peer, scale, times * call / fits}'
    else
      echo "unequal compare $case $peer $compared"
      status=1
    fi
  done
  rm -rf "$flat" "$scratch"/compare.*
}

# Cost of a row of the largest history, at several sizes of the same world.
stage_scaling() {
  local size events folder log=$scratch/scaling.ours.log
  for size in $sizes; do
    folder=$scratch/scaling$size
    if [ "$(df -k --output=avail "$scratch" | tail -n 1)" -lt $((size * 8)) ]; then # an export holds about 4 kB a customer, the engagements once more by date
      echo "missing scaling ${size}customers disk"
      continue
    fi
    make_world "$size" "$folder"
    events=$(($(wc -l <"$folder/interactions.csv") - 1))
    rm -f "$log"
    for ((round = 0; round < repeats; round++)); do
      measure scaling.ours "$build/churn" features "$folder/features.yaml" --quiet --threads "$threads" -o "$scratch/scaling.csv" ||
        { cat "$scratch/scaling.ours.err" >&2; exit 1; }
    done
    echo "time scaling ${events}events $(median_time scaling.ours wall)"
    echo "peak scaling ${events}events $(peak_mib scaling.ours) -"
    awk -v t="$(median_time scaling.ours wall)" -v peak="$(peak_mib scaling.ours)" -v n="$events" \
      'BEGIN {printf "per_event scaling %devents %.1f ns %.1f bytes\n", n, 1e9 * t / n, 1048576 * peak / n}'
    rm -rf "$folder" "$folder.export" "$scratch/scaling.csv"
  done
}

# The same features under a bound of a quarter of what they take without one: bytes, time and peak.
stage_memory() {
  local round case quarter
  make_world "$customers" "$scratch/world" "$world"
  measure memory.free "$build/churn" features "$scratch/world/features.yaml" --quiet --threads "$threads" -o "$scratch/memory.free.csv" ||
    { cat "$scratch/memory.free.err" >&2; exit 1; }
  quarter=$(awk '$1 == "peak" {printf "%d", $2 / 4}' "$scratch/memory.free.log")
  case=${customers}customers-${quarter}KiB
  [ -z "$world" ] || case=world-${quarter}KiB
  rm "$scratch/memory.free.log"
  for ((round = 0; round < repeats; round++)); do
    measure memory.free "$build/churn" features "$scratch/world/features.yaml" --quiet --threads "$threads" -o "$scratch/memory.free.csv" &&
      measure memory.bound "$build/churn" features "$scratch/world/features.yaml" --quiet --threads "$threads" --memory "${quarter}K" \
        -o "$scratch/memory.bound.csv" || { cat "$scratch"/memory.*.err >&2; exit 1; }
    cmp "$scratch/memory.free.csv" "$scratch/memory.bound.csv" || status=1
  done
  echo "time memory $case $(median_time memory.bound wall)"
  ratio_of "ratio memory $case without-bound" "$(median_time memory.bound wall)" "$(median_time memory.free wall)"
  echo "peak memory $case $(peak_mib memory.bound) $(peak_mib memory.free) without-bound"
  rm -f "$scratch"/memory.*
}

# Every value of public exports against the same features written in SQL.
equal_one() { # CASE PROJECT.yaml DATA_FOLDER
  local folder=$scratch/equal compared
  if [ ! -d "$data/$3" ]; then
    echo "missing equal $1 data"
    return
  fi
  mkdir -p "$folder"
  ln -s "$(cd "$data/$3" && pwd)"/*.csv "$folder"
  cp "$2" "$folder/project.yaml"
  "$build/churn" features "$folder/project.yaml" --quiet --threads "$threads" -o "$folder/ours"
  node "$here/peers/equal_duckdb.mjs" "$here/equal/$1.sql" "$folder" "$folder/theirs"
  if compared=$(python3 "$here/equal.py" "$folder/ours" "$folder/theirs"); then
    echo "equal equal $1 duckdb $compared"
  else
    echo "unequal equal $1 duckdb $compared"
    status=1
  fi
  rm -rf "$folder"
}

stage_equal() {
  if ! present duckdb; then
    echo "missing equal all duckdb"
    return
  fi
  equal_one cdnow "$here/../datasets/cdnow.yaml" cdnow
  equal_one ar_invoices "$here/../datasets/ar_invoices.yaml" ar_invoices
  equal_one ravenstack "$here/../datasets/ravenstack.yaml" ravenstack_saas
  equal_one language "$here/equal/language.yaml" ar_invoices
}

# A history out of a database, into the features of one day, against the database's own client throwing the same rows away.
from_database() { # NAME FROM
  cat >"$scratch/database.$1.yaml" <<Y
version: 1
customers: {from: $scratch/world/customers.csv, id: customer_id, joined: signup_date, left: closed_date}
histories:
  engagements: {$2, id: customer_id, day: date, columns: {channel: category}}
features:
  recent: count(engagements over 30d)
  phoned: count(engagements where channel = "phone" over 90d)
Y
}
read_database() { # NAME
  measure "database.$1" "$build/churn" features "$scratch/database.$1.yaml" --as-of 2024-07-01 --quiet --threads "$threads" -o "$scratch/database.$1.csv" ||
    { cat "$scratch/database.$1.err" >&2; exit 1; }
}
dump_database() { # NAME
  case $1 in
    postgresql) measure database.dump psql -qc 'COPY interactions TO STDOUT' ;;
    sqlite) measure database.dump sqlite3 "$scratch/world.db" 'SELECT * FROM interactions' ;;
  esac >/dev/null || exit 1
}
race_database() { # NAME FROM
  local round case=${events}rows-$1
  from_database "$1" "$2"
  for ((round = 0; round < repeats; round++)); do
    read_database "$1"
    dump_database "$1"
    cmp "$scratch/database.file.csv" "$scratch/database.$1.csv" || { status=1; echo "unequal database $case file"; return; }
  done
  echo "time database $case $(median_time "database.$1" wall)"
  ratio_of "ratio database $case client" "$(median_time "database.$1" wall)" "$(median_time database.dump wall)"
  awk -v t="$(median_time "database.$1" wall)" -v n="$events" -v head="speed database $case" 'BEGIN {printf "%s ours %.2f million rows/s\n", head, n / t / 1e6}'
  awk -v t="$(median_time database.dump wall)" -v n="$events" -v head="speed database $case" 'BEGIN {printf "%s client %.2f million rows/s\n", head, n / t / 1e6}'
  echo "peak database $case $(peak_mib "database.$1") $(peak_mib database.dump) client"
  rm -f "$scratch"/database.dump.*
}

stage_database() {
  make_world "$customers" "$scratch/world" "$world"
  events=$(($(wc -l <"$scratch/world/interactions.csv") - 1))
  from_database file "from: $scratch/world/interactions.csv"
  read_database file
  local work=$scratch create='CREATE TABLE interactions (customer_id text, date date, channel text)'
  # shellcheck source=tests/cli/databases.sh
  . "$here/../tests/cli/databases.sh"
  if start_server; then
    sql "$create"
    sql "\\copy interactions FROM '$scratch/world/interactions.csv' CSV HEADER"
    sql 'VACUUM (FREEZE, ANALYZE) interactions' # else the first reads write too
    race_database postgresql 'from: "postgresql:", table: interactions'
  else
    echo "missing database ${events}rows-postgresql client"
  fi
  stop_server
  trap 'rm -rf "$scratch"' EXIT
  if command -v sqlite3 >/dev/null; then
    sqlite3 "$scratch/world.db" "$create" ".import --csv --skip 1 '$scratch/world/interactions.csv' interactions"
    race_database sqlite "from: \"sqlite:$scratch/world.db\", table: interactions"
    rm -f "$scratch/world.db"
  else
    echo "missing database ${events}rows-sqlite client"
  fi
  rm -f "$scratch"/database.*
}
