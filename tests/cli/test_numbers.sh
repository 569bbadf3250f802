#!/usr/bin/env bash
# Numbers: a decimal point whatever the locale, and texts that read back to the same bits.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
make_world
cd "$work" || exit 1
"$churn" train "$project" -o model.json -q || exit 1

# A locale of decimal commas: the system's, or one made here.
comma_locale() {
  local found
  found=$(locale -a 2>/dev/null | grep -iE '^(de|fr|es|it|nl|ru|pl)_.*utf-?8$' | head -1)
  if [ -z "$found" ] && localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then
    export LOCPATH=$work
    found=de_DE.UTF-8
  fi
  [ -n "$found" ] && [ "$(LC_ALL=$found locale decimal_point 2>/dev/null)" = , ] && comma=$found
}

if comma_locale; then
  while read -r arguments; do
    arguments=${arguments//P/$project}
    begin "in $comma: churn $arguments"
    # shellcheck disable=SC2086
    run 0 $arguments; cp out plain; cp err plain-err
    # shellcheck disable=SC2086
    LC_ALL=$comma LC_NUMERIC=$comma LANG=$comma run 0 $arguments
    same out plain; same err plain-err
  done <<'TABLE'
features P
train P -o -
train P -o /dev/null --json
train P -o /dev/null
evaluate P -m model.json
evaluate P -m model.json --json
score P -m model.json
check P
simulate other --customers 50 --truth 5 --engagements 0.25
TABLE
  begin "in $comma: the world is the same"
  mv other plain-other
  LC_ALL=$comma run 0 simulate other --customers 50 --truth 5 --engagements 0.25
  for file in plain-other/*; do same "$file" "other/${file##*/}"; done
else
  begin "a locale of decimal commas"
  skip "there is none, and localedef cannot make one"
fi

# Products, quotients and sums made by the program from its full bits must be those that awk makes from the printed texts.
exactly() {
  awk -F, "NR > 1 && $1 {rows++; if ($2) wrong++} END {printf \"%d %d\\n\", rows, wrong; exit rows == 0 || wrong > 0}" "$3" >counts ||
    fail "rows and wrong ones: $(cat counts)"
}

begin "expected_loss is probability x value, bit for bit"
run 0 score "$project" -m model.json; cp out ranked.csv
exactly '$6 != ""' '$4 * $6 != $7' ranked.csv

begin "probability is 1 / (1 + exp(-logit)) to the last places"
exactly '1' '$4 / (1 / (1 + exp(-$5))) - 1 > 4e-15 || $4 / (1 / (1 + exp(-$5))) - 1 < -4e-15' ranked.csv

begin "features of features, bit for bit"
sed '/^features:/,$d' world/churn.yaml >world/exact.yaml
cat >>world/exact.yaml <<'YAML'
features:
  paid: sum(amount from payments over 365d)
  bills: count(payments over 365d)
  ratio: sum(amount from payments over 365d) / count(payments over 365d)
  third: sum(amount from payments over 365d) / 3
  mixed: sum(amount from payments over 365d) * (sum(amount from payments over 365d) / 3) - count(payments over 365d)
  rebuilt: customers.employees / 7
  employees: customers.employees
YAML
run 0 features world/exact.yaml; cp out exact.csv
exactly '$5 > 0' '$4 / $5 != $6' exact.csv
exactly '$4 != ""' '$4 / 3 != $7' exact.csv
exactly '$4 != ""' '$4 * $7 - $5 != $8' exact.csv
exactly '$10 != ""' '$10 / 7 != $9' exact.csv

begin "the feature table read as a flat export gives the same texts"
cat >flat.yaml <<'YAML'
version: 1
customers:
  from: numbered.csv
  id: row
  columns: {paid: number, bills: number, ratio: number, third: number, mixed: number, rebuilt: number, employees: number}
features: customers.*
YAML
awk -F, -v OFS=, 'NR == 1 {print "row," $0; next} {printf "%06d,%s\n", NR, $0}' exact.csv >numbered.csv
run 0 features flat.yaml
cut -d, -f4- out >found; cut -d, -f4- exact.csv >expected; same found expected

begin "no number is longer than its shortest text"
# 17 digits read back every double; where 15 do so too, the text must not be longer.
tail -n +2 exact.csv | cut -d, -f4- | tr , '\n' | grep . | sort -u |
  awk '{short = sprintf("%.15g", $1); if (short + 0 == $1 + 0 && length($1) > length(short)) {print $1, short; wrong = 1}}
       END {exit wrong}' >long || fail "longer than needed: $(head -3 long)"

begin "the report's coefficients are the model's"
run 0 train "$project" -o again.json --json
tr ',' '\n' <out | grep -oE '"(estimate|std_error|z|p|lower|upper)": *[-+0-9.eE]+' | sort >report-numbers
tr ',' '\n' <again.json | grep -oE '"(estimate|std_error|z|p|lower|upper)": *[-+0-9.eE]+' | sort >model-numbers
[ -s report-numbers ] || fail "the report has none"
same report-numbers model-numbers

begin "a decimal comma that the source declares"
mkdir comma && cp world/*.csv comma/
awk 'NR > 1 {gsub(/\./, ",")} 1' FS=, world/prices.csv |
  awk -F, -v OFS=';' 'NR == 1 {$1 = $1; print; next} {print $1, $2, $3, $4 (NF > 4 ? "," $5 : "")}' >comma/prices.csv
sed "s/from: prices.csv, /from: prices.csv, delimiter: ';', decimal: ',', /" world/churn.yaml >comma/churn.yaml
run 0 features comma/churn.yaml; cp out found
run 0 features "$project"; same found out

finish
