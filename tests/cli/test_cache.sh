#!/usr/bin/env bash
# The cache of a project: the same bytes with it and without, whatever happened to the sources and to the cache, a run that was killed included.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
ulimit -c 0
cached=world/cached.yaml
{ cat "$project"; echo 'cache: kept'; } >$cached

# outputs TAG PROJECT OPTION…: feature table, model and ranked list of a project.
outputs() {
  local tag=$1 from=$2
  shift 2
  run 0 features "$from" -o "$tag.features" "$@"
  cp err "$tag.err"
  run 0 train "$from" -o "$tag.model" --set engagement "$@"
  run 0 score "$from" -m "$tag.model" -o "$tag.list" "$@"
}
# all_same TAG: the same as plain.*, which is made anew without a cache.
all_same() {
  outputs plain "$project" -q
  for kind in features list; do same "$1.$kind" plain.$kind; done
  same <(grep -v '"project' "$1.model") <(grep -v '"project' plain.model)
}

begin "cold, warm, with other threads and with --no-cache"
outputs cold $cached -q --threads 1
all_same cold
[ "$(find world/kept -name '*.list' | wc -l)" -eq 6 ] || fail "not six lists: $(ls world/kept)"
outputs warm $cached -q --threads 1
all_same warm
outputs threads $cached -q --threads 3
all_same threads
before=$(stat -c '%n %i %Y' world/kept/*)
outputs without $cached -q --no-cache
all_same without
[ "$(stat -c '%n %i %Y' world/kept/*)" = "$before" ] || fail "--no-cache touched the cache"

begin "check reads the files themselves and writes nothing"
run 0 check $cached -q
[ "$(stat -c '%n %i %Y' world/kept/*)" = "$before" ] || fail "check touched the cache"

begin "a column that no run needed before, and fewer columns again"
run 0 features $cached --set payments -o some.features -q
run 0 features "$project" --set payments -o plain.some -q
same some.features plain.some
outputs fewer $cached -q
all_same fewer

begin "a file that grew"
tail -n 50 world/interactions.csv >rows
cat rows >>world/interactions.csv
outputs grown $cached -v
[ "$(find world/kept -name 'interactions*.data' | wc -l)" -ge 2 ] || fail "no second data file"
grep -q 'made anew' grown.err && fail "it was read whole: $(cat grown.err)"
all_same grown

begin "bytes changed in the middle, size and time as they were"
touch -r world/complaints.csv stamp
sed -i '2,60s/,2024-/,2023-/' world/complaints.csv
touch -r stamp world/complaints.csv
outputs changed $cached -q
all_same changed
cp world/complaints.csv copy
printf '9' | dd of=world/complaints.csv bs=1 seek=60 conv=notrunc status=none # in place: the same inode
touch -r stamp world/complaints.csv
run 0 features "$project" -o plain.place -q --set complaints || true
run 0 features $cached -o place -q --set complaints || true
same place plain.place
cp copy world/complaints.csv

begin "a source given on the command line has a cache of its own"
head -n 2000 world/interactions.csv >few.csv
run 0 features $cached --source engagements=few.csv -o few.cold -q
run 0 features $cached --source engagements=few.csv -o few.warm -q
run 0 features "$project" --source engagements=few.csv -o few.plain -q
same few.cold few.plain
same few.warm few.plain
outputs again $cached -q
all_same again

begin "standard input is not kept"
rm -rf world/kept
"$churn" features $cached --source engagements=- -o piped -q <few.csv 2>err || fail "exit code $?"
same piped few.plain
[ -z "$(find world/kept -name '-*' -o -name 'few*')" ] || fail "standard input was kept"

begin "a folder that cannot be written is a warning"
rm -rf world/kept
if drop_rights; then
  run_as_nobody 0 features $cached
  same out plain.features
  err_says "without the cache"
else
  skip "cannot give up rights"
fi

begin "no path of this machine is in the cache, and its files have the rights of any other"
rm -rf world/kept
(umask 027 && "$churn" features $cached -o any -q) || fail "exit code $?"
grep -qF "$work" world/kept/* && fail "a path is in the cache"
[ "$(stat -c %a world/kept/*.list | sort -u)" = 640 ] || fail "rights $(stat -c %a world/kept/*.list | sort -u)"

begin "two runs at once"
rm -rf world/kept
for i in 1 2 3; do "$churn" features $cached -o "at-once.$i" -q & done
wait
for i in 1 2 3; do same "at-once.$i" plain.features; done
run 0 features $cached -o at-once.4 -v
same at-once.4 plain.features
grep -q 'made anew' err && fail "what they left is damaged"

begin "killed at fifty moments while it writes cache and output"
if date +%s%N | grep -q '^[0-9]*$'; then
  outputs plain "$project" -q
  start=$(date +%s%N)
  rm -rf world/kept
  "$churn" features $cached -o killed -q
  took=$((($(date +%s%N) - start) / 1000))
  killed=0
  RANDOM=271
  for i in $(seq 100); do
    [ $killed -lt 50 ] || break
    case $((i % 3)) in
    0) rm -rf world/kept ;;                     # all is made anew
    1) rm -f world/kept/*.list ;;               # data files of a run that is long over
    2) touch world/*.csv; for f in world/kept/*.data; do [ -e "$f" ] && printf x | dd of="$f" bs=1 seek=100 conv=notrunc status=none; done ;;
    esac
    printf 'what stood here before\n' >killed
    "$churn" features $cached -o killed --threads 1 -q </dev/null 2>/dev/null &
    process=$!
    sleep "$(awk -v r=$RANDOM -v took=$took 'BEGIN {printf "%.4f", took / 1e6 * 0.45 * r / 32768}')"
    kill -KILL $process 2>/dev/null && killed=$((killed + 1))
    wait $process 2>/dev/null
    [ "$(cat killed)" = 'what stood here before' ] || cmp -s killed plain.features || fail "run $i left half an output"
    run 0 features $cached -o after -q
    cmp -s after plain.features || fail "the run after kill $i differs"
  done
  [ $killed -ge 25 ] || fail "only $killed runs were killed in time"
else
  skip "no clock of nanoseconds"
fi

finish
