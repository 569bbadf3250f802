#!/usr/bin/env bash
# Outputs are all or nothing: for every kind of failure the exit code, the words on standard error, and that the file that stood
# there, and its folder, are as they were.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
"$churn" train "$project" -o model.json -q || exit 1
"$churn" features "$project" -o features.csv -q || exit 1

# Things to fail on.
mkdir bad target
sed 's/horizon: 90d/horizonn: 90d/' world/churn.yaml >bad/key.yaml
sed 's/count(engagements over 30d)$/cuont(engagements over 30d)/' world/churn.yaml >bad/expression.yaml
sed 's/2024-01-01/2024-13-01/' world/churn.yaml >bad/day.yaml
printf 'version: 1\ncustomers: [\n' >bad/yaml.yaml
: >bad/empty.yaml
sed 's/from: customers.csv/from: nobody.csv/' world/churn.yaml >world/no-source.yaml
{ head -3 world/complaints.csv; echo 'C000001,2023-02-30,,2,billing'; } >bad/date.csv
: >bad/empty.csv
head -1 world/customers.csv >bad/nobody.csv
sed 's/"estimate": /"estimate": 1/' model.json >bad/hash.json
head -c 1000 model.json >bad/cut.json
echo '{}' >bad/other.json
: >bad/empty.json
mkdir bad/folder.csv
sed 's/tier: category, monthly_fee: number/tier: category/; /value: last/d; /fee_change/d' world/churn.yaml >world/no-column.yaml

# code | words on standard error | arguments; T = the target
while IFS='|' read -r code words arguments; do
  [ -n "${arguments:-}" ] || continue
  words=$(echo "$words" | sed 's/^ *//; s/ *$//')
  arguments=${arguments//P/world/churn.yaml}
  for option in "-o target/out" "-otarget/out" "--output target/out"; do
    begin "a failure leaves the file: churn$arguments $option"
    guard target/out
    # shellcheck disable=SC2086
    run "$code" $arguments $option
    out_silent; err_says "$words"; untouched target/out
  done
  begin "a failure makes no file: churn$arguments"
  rm target/out
  # shellcheck disable=SC2086
  run "$code" $arguments -o target/out
  [ -z "$(ls -A target)" ] || fail "there is $(ls -A target)"
done <<'TABLE'
2  | unknown option                              | features P --frob
2  | no feature set "nope"                       | features P --set nope
2  | "nope" is no feature set, feature or history | train P --set nope
2  | no source "nobody"                          | score P -m model.json --source nobody=x
66 | none.yaml: cannot read the project file     | features none.yaml
66 | none.yaml: cannot read the project file     | train none.yaml
66 | none.yaml: cannot read the project file     | score none.yaml -m model.json
66 | none.json: cannot open the model            | score P -m none.json
66 | world/nobody.csv: cannot open the file      | features world/no-source.yaml
66 | world/nobody.csv: cannot open the file      | train world/no-source.yaml
66 | world/nobody.csv: cannot open the file      | score world/no-source.yaml -m model.json
66 | none.csv: cannot open the file              | features P --source complaints=none.csv
78 | bad/key.yaml:                               | features bad/key.yaml
78 | did you mean "horizon"                      | train bad/key.yaml
78 | bad/expression.yaml:                        | features bad/expression.yaml
78 | count                                       | train bad/expression.yaml
78 | bad/day.yaml:                               | features bad/day.yaml
78 | bad/yaml.yaml:                              | features bad/yaml.yaml
78 | bad/empty.yaml:1:1: the file is empty       | features bad/empty.yaml
78 | bad/key.yaml:                               | score bad/key.yaml -m model.json
78 | monthly_fee                                 | score world/no-column.yaml -m model.json
65 | bad/date.csv:4:9: "2023-02-30" is no day    | features P --source complaints=bad/date.csv
65 | bad/date.csv:4:9: "2023-02-30" is no day    | train P --source complaints=bad/date.csv
65 | bad/date.csv:4:9: "2023-02-30" is no day    | score P -m model.json --source complaints=bad/date.csv
65 | bad/empty.csv:1:1: the file is empty        | features P --source prices=bad/empty.csv
65 | bad/nobody.csv: no customer                 | score P -m model.json --source customers=bad/nobody.csv
65 | lies after the last one                        | features P --first 2024-05-01 --last 2024-01-01
65 |                                             | train P --last 2020-01-01
65 | bad/hash.json                               | score P -m bad/hash.json
65 | bad/cut.json                                | score P -m bad/cut.json
65 | bad/other.json                              | score P -m bad/other.json
65 | bad/empty.json                              | score P -m bad/empty.json
74 | bad/folder.csv                              | features P --source prices=bad/folder.csv
74 | bad/folder.csv                              | score P -m bad/folder.csv
TABLE

for verb in "features $project" "train $project" "score $project -m model.json"; do
  begin "${verb%% *} into a folder that is not there"
  # shellcheck disable=SC2086
  run 73 $verb -o missing/out; err_says "missing/out: cannot create the file"; out_silent
  [ ! -e missing ] || fail "the folder was made"

  begin "${verb%% *} over a folder"
  mkdir -p target/folder
  # shellcheck disable=SC2086
  run 73 $verb -o target/folder; err_says "target/folder"; out_silent
  [ -z "$(ls -A target/folder)" ] || fail "something is in it"

  begin "${verb%% *} below a file"
  # shellcheck disable=SC2086
  run 73 $verb -o model.json/out; err_says "model.json/out"

  begin "${verb%% *} to a name that is empty"
  # shellcheck disable=SC2086
  run 73 $verb -o ''; err_says "cannot create"

  begin "${verb%% *} to a full device"
  # shellcheck disable=SC2086
  run 74 $verb -o /dev/full; err_says "/dev/full: cannot write the file: No space left on device"
  [ -c /dev/full ] || fail "the device was replaced"

  begin "${verb%% *} past the limit on file sizes"
  guard target/out
  # shellcheck disable=SC2086
  (ulimit -f 4; "$churn" $verb -o target/out -q) >out 2>/dev/null
  [ $? -eq 74 ] || fail "another exit code"
  untouched target/out

  begin "${verb%% *} over a file: new bytes, old mode, nothing beside it"
  guard target/out; chmod 640 target/out; before=$(ls -A target)
  # shellcheck disable=SC2086
  run 0 $verb -o target/out
  # shellcheck disable=SC2086
  "$churn" $verb -o - -q >expected; same target/out expected
  [ "$(stat -c %a target/out)" = 640 ] || fail "mode $(stat -c %a target/out)"
  [ "$(ls -A target)" = "$before" ] || fail "beside it: $(ls -A target)"

  begin "${verb%% *} makes a file with the mode the umask asks for"
  rm target/out
  # shellcheck disable=SC2086
  (umask 027; "$churn" $verb -o target/out -q) || fail "it fails"
  [ "$(stat -c %a target/out)" = 640 ] || fail "mode $(stat -c %a target/out)"

  begin "${verb%% *} through a symbolic link, which stays"
  guard target/out; ln -sf out target/link
  # shellcheck disable=SC2086
  run 0 $verb -o target/link; same target/out expected
  [ -L target/link ] || fail "the link is gone"
  rm target/link

  begin "${verb%% *} into a pipe with a name, which stays"
  mkfifo target/pipe
  cat target/pipe >piped &
  # shellcheck disable=SC2086
  run 0 $verb -o target/pipe
  wait
  same piped expected
  [ -p target/pipe ] || fail "the pipe is gone"
  rm target/pipe
done

begin "standard output that is full"
full() {
  "$churn" "$@" </dev/null >/dev/full 2>err
  local code=$?
  [ $code -eq 74 ] || fail "churn $*: exit code $code"
  # help and version come before there is anything to say it with
  case "$*" in *--help | *--version) ;; *) err_says "standard output" ;; esac
}
full features "$project"
full features "$project" -o - -q
full train "$project" -o -
full train "$project" -o target/new.json --json
full train "$project" -o target/new.json
full score "$project" -m model.json
full evaluate "$project" -m model.json
full evaluate "$project" -m model.json --json
full check "$project"
full simulate target/world --customers 50 --truth 5
full --help
full --version
full score --help

begin "standard output that is closed"
"$churn" features "$project" -q >&- 2>err
code=$?
[ $code -eq 74 ] || fail "exit code $code, expected 74"

begin "standard streams that are closed: nothing is written in their place"
for verb in "features $project" "train $project" "score $project -m model.json"; do
  # shellcheck disable=SC2086
  "$churn" $verb -o - -q >expected
  # shellcheck disable=SC2086
  "$churn" $verb -v -o target/closed <&- >&- 2>&-
  same target/closed expected
  rm -f target/closed
done

begin "an output with nobody to read it ends by SIGPIPE"
"$churn" features "$project" -q 2>err | head -1 >out
code=${PIPESTATUS[0]}
[ "$code" -eq 141 ] || [ "$code" -eq 74 ] || fail "exit code $code"

begin "simulate into a place that cannot be a folder"
run 73 simulate model.json -q; err_says "model.json"
run 73 simulate missing/deep/world -q; err_says "missing"

begin "simulate over a world with a failure half way: no part of a file"
mkdir half && mkdir half/prices.csv
run 73 simulate half --customers 50 --truth 5 -q; err_says "half/prices.csv"
[ -z "$(find half -name '.*.part')" ] || fail "litter: $(ls -A half)"

# Without rights.
if drop_rights; then
  mkdir locked secret && chmod 755 world bad . && chmod -R a+rX world model.json
  guard locked/out
  chmod 555 locked; guarded=$(state_of locked/out)
  cp world/churn.yaml secret/churn.yaml && chmod 000 secret/churn.yaml && chmod 755 secret
  cp world/prices.csv secret/prices.csv && chmod 000 secret/prices.csv
  cp model.json secret/model.json && chmod 000 secret/model.json
  [ "$(id -u)" -ne 0 ] || chown 65534 locked
  for verb in "features $project" "train $project" "score $project -m model.json"; do
    begin "${verb%% *} into a read-only folder"
    # shellcheck disable=SC2086
    run_as_nobody 77 $verb -o locked/new; err_says "locked/new: cannot create the file: Permission denied"; untouched locked/out
    begin "${verb%% *} over a file in a read-only folder"
    # shellcheck disable=SC2086
    run_as_nobody 77 $verb -o locked/out; err_says "locked/out"; untouched locked/out
  done
  begin "a project that may not be read"
  run_as_nobody 77 features secret/churn.yaml; err_says "secret/churn.yaml: cannot read the project file: Permission denied"
  run_as_nobody 77 check secret/churn.yaml
  begin "a source that may not be read"
  run_as_nobody 77 features "$project" --source prices=secret/prices.csv; err_says "secret/prices.csv"
  run_as_nobody 77 check "$project" --source prices=secret/prices.csv; err_says "secret/prices.csv"
  begin "a model that may not be read"
  run_as_nobody 77 score "$project" -m secret/model.json; err_says "secret/model.json"
  run_as_nobody 77 evaluate "$project" -m secret/model.json; err_says "secret/model.json"
  begin "a world in a read-only folder"
  run_as_nobody 77 simulate locked/world -q; err_says "locked/world"
else
  begin "without rights"
  skip "this user cannot become another one (no setpriv, or not allowed)"
fi

finish
