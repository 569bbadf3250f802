#!/usr/bin/env bash
# --memory: sizes that are none, the same bytes under a bound, words about what could not be kept, full disks, and no litter.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
mkdir temporary target
export TMPDIR=$work/temporary

no_litter() { [ -z "$(ls -A "$TMPDIR")" ] || fail "there is $(ls -A "$TMPDIR")"; }

for size in 0 -5M M 5X 5MM 5iB 1,5G 1e9 0x10 ' 5M' '5 M' 0.0001 '' 99999999999T inf nan; do
  begin "--memory \"$size\" is no size"
  run 2 features "$project" "--memory=$size" -o target/out
  err_says "--memory"; out_silent
done

run 0 features "$project" -o free.csv
run 0 train "$project" -o free.json
for size in 1 3K 0.5M 1MiB 2GB 1T; do
  begin "the same bytes with --memory $size"
  run 0 features "$project" --memory $size -o bound.csv; same free.csv bound.csv
  run 0 train "$project" --memory $size -o bound.json; same free.json bound.json
  no_litter
done

begin "what is compressed or in another encoding goes to temporary files, too"
mkdir packed
for file in world/*.csv; do gzip -c "$file" >"packed/$(basename "$file")"; done
cp "$project" packed/churn.yaml
mkdir wide
for file in world/*.csv; do iconv -f UTF-8 -t UTF-16 "$file" >"wide/$(basename "$file")"; done
sed '/^version/a encoding: UTF-16' "$project" >wide/churn.yaml
for size in 3K 1MiB 1T; do
  run 0 features packed/churn.yaml --memory $size -o bound.csv; same free.csv bound.csv
  run 0 features wide/churn.yaml --memory $size -o bound.csv; same free.csv bound.csv
  no_litter
done
guard target/out
TMPDIR=$work/nowhere run 73 check packed/churn.yaml --memory 3K; err_says "nowhere"
TMPDIR=$work/nowhere run 73 features wide/churn.yaml --memory 3K -o target/out; err_says "nowhere"
untouched target/out

begin "every verb that reads a project knows it"
run 0 check "$project"; cp "$work/out" free.check
run 0 check "$project" --memory 1; same free.check "$work/out"
run 0 score "$project" -m free.json -o free.list
run 0 score "$project" -m free.json --memory 1 -o bound.list; same free.list bound.list
run 0 evaluate "$project" -m free.json --json; cp "$work/out" free.evaluation
run 0 evaluate "$project" -m free.json --json --memory 1; same free.evaluation "$work/out"

begin "what took more is said, with how much; not with --quiet"
run 0 features "$project" --memory 1 -o bound.csv; err_says "MiB of memory at its peak, more than --memory"
run 0 features "$project" --memory 1 -o bound.csv -q; err_silent
run 0 features "$project" --memory 100G -o bound.csv
if grep -q "at its peak" "$work/err"; then fail "a warning without need"; fi

begin "a folder for temporary files that is not there"
guard target/out
TMPDIR=$work/nowhere run 73 features "$project" --memory 1 -o target/out; err_says "nowhere"; err_says "TMPDIR"
untouched target/out
begin "and is not looked for while there is room"
TMPDIR=$work/nowhere run 0 features "$project" --memory 100G -o bound.csv; same free.csv bound.csv

if drop_rights; then
  begin "a folder that may not be written to"
  mkdir locked && chmod 555 locked
  TMPDIR=$work/locked run_as_nobody 77 features "$project" --memory 1 -o -; err_says "locked"
else
  begin "a folder that may not be written to"
  skip "the rights cannot be dropped"
fi

# A file system of 64 KiB that nobody else sees and that ends with the run; only root can make one.
mkdir small
cat >full <<EOF
#!/bin/sh
exec unshare -m sh -c 'mount -t tmpfs -o size=64k tmpfs "$work/small" && TMPDIR=$work/small exec "\$0" "\$@"' "$churn" "\$@"
EOF
chmod +x full
begin "a full disk"
if ./full --version >out 2>err; then
  guard target/out
  churn=./full run 74 features "$project" --memory 1 -o target/out; err_says "No space left"; err_says "small"
  untouched target/out
else
  skip "no file system can be mounted"
fi
begin "the limit on file sizes"
(ulimit -f 64; TMPDIR=$work/small run 74 features "$project" --memory 1 -o /dev/null; err_says "File too large"; [ "$failed" -eq 0 ]) || fail "see above"

begin "ended by signals, it leaves no litter"
set -m
sed 's/every: 1 month/every: 1 day/' "$project" >world/long.yaml
holds() { ls -l "/proc/$1/fd" 2>/dev/null | grep -q "$TMPDIR/"; }
if [ -d /proc/self/fd ]; then
  for signal in INT TERM HUP KILL; do
    "$churn" features world/long.yaml --memory 1 -o /dev/null --threads 1 -q </dev/null >out 2>err &
    process=$!
    until holds $process; do
      kill -0 $process 2>/dev/null || break
      sleep 0.01
    done
    kill -s $signal $process 2>/dev/null
    code=0
    wait $process 2>/dev/null || code=$?
    [ "$code" -eq $((128 + $(kill -l $signal))) ] || fail "SIG$signal: exit code $code"
    no_litter
  done
else
  skip "no /proc to see when the program spills"
fi

finish
