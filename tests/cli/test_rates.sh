#!/bin/bash
# churn rates: a project worked out by hand, a simulated world against awk over its customers file, segments, silence, the
# comparison, what is refused, same bytes for any threads and order of rows. Usage: test_rates.sh PROGRAM
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# value TABLE SEGMENT FIRST MONTH MEASURE: one figure of the CSV in $work/out.
value() { awk -F, -v t="$1" -v s="$2" -v f="$3" -v m="$4" -v x="$5" '$1==t && $2==s && $3==f && $5==m && $6==x {print $7}' "$work/out"; }
# is TABLE SEGMENT FIRST MONTH MEASURE EXPECTED [TOLERANCE]
is() {
  local found
  found=$(value "$1" "$2" "$3" "$4" "$5")
  awk -v a="$found" -v b="$6" -v t="${7:-1e-12}" 'BEGIN {exit !(a != "" && b != "" && (a-b<=t && b-a<=t))}' ||
    fail "$1 $2 $3 $4 $5 is \"$found\", expected $6"
}

# January: at start ann, bob, cat, dan (dan left on the 31st, bob on the 10th); joined eve (01-15) and, back again, bob
# (01-20); eve leaves on the 25th: came and went. gus joined on 01-01 itself: counts from the 2nd on, so he joined. hal joined
# on 02-01. Fees: ann 100, 130 from 01-12; bob 50; cat 80, 60 from 01-20; dan none.
mkdir "$work/hand"
cat >"$work/hand/customers.csv" <<'EOF'
id,joined,left,region
ann,2023-05-01,,north
bob,2023-06-01,2024-01-10,south
cat,2023-07-01,,south
dan,,2024-01-31,
eve,2024-01-15,2024-01-25,north
bob,2024-01-20,,south
gus,2024-01-01,,north
hal,2024-02-01,,north
EOF
cat >"$work/hand/fees.csv" <<'EOF'
id,day,fee
ann,2023-05-01,100
ann,2024-01-12,130
bob,2023-06-01,50
cat,2023-07-01,80
cat,2024-01-20,60
EOF
cat >"$work/hand/churn.yaml" <<'EOF'
version: 1
customers: {from: customers.csv, id: id, joined: joined, left: left, value: last(fee from fees), columns: {region: category}}
histories: {fees: {from: fees.csv, id: id, day: day, columns: {fee: number}}}
data_until: 2024-03-31
outcome: {horizon: 20d}
features: {fee_now: last(fee from fees)}
EOF

# bob's fee is known at the start of January and not at its end; eve's from the day after joining.
mkdir "$work/gap"
printf 'id,joined,left\nann,2023-05-01,\nbob,2023-05-01,\ncat,2023-05-01,2024-01-20\neve,2024-01-15,\n' >"$work/gap/customers.csv"
printf 'id,day,fee\nann,2023-12-20,100\nann,2024-01-25,70\nbob,2023-12-25,50\ncat,2023-12-28,30\neve,2024-01-15,90\n' >"$work/gap/fees.csv"
sed 's/value: last(fee from fees), columns: {region: category}/value: last(fee from fees over 31d)/' "$work/hand/churn.yaml" >"$work/gap/churn.yaml"

begin "who has no value at the end of a period is left out of what is kept, unless lost; who joins has the segment of the day after"
run 0 rates "$work/gap/churn.yaml" --first 2024-01-01 --every "1 month" --by "last(fee from fees over 31d) > 80" -o - -q
is rate '' 2024-01-01 '' customers 3
is rate '' 2024-01-01 '' value 180
is rate '' 2024-01-01 '' value_lost 30
is rate '' 2024-01-01 '' value_kept_of 130
is rate '' 2024-01-01 '' net_retention 0.53846153846153844
is rate yes 2024-01-01 '' joined 1
is rate yes 2024-01-01 '' customers 1
is rate no 2024-01-01 '' customers 2

begin "a month worked out by hand"
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --every "1 month" -o - -q
is rate '' 2024-01-01 '' customers 4
is rate '' 2024-01-01 '' joined 3
is rate '' 2024-01-01 '' returned 1
is rate '' 2024-01-01 '' lost 2
is rate '' 2024-01-01 '' came_and_went 1
is rate '' 2024-02-01 '' customers 4
is rate '' 2024-01-01 '' rate 0.5
is rate '' 2024-01-01 '' yearly_added 6
is rate '' 2024-01-01 '' yearly_compounded 0.999755859375
is rate '' 2024-01-01 '' valued 3
is rate '' 2024-01-01 '' value 230
is rate '' 2024-01-01 '' value_lost 50
is rate '' 2024-01-01 '' value_share_lost 0.217391304347826
# 130 + 60 of 230 net; 100 + 60 gross
is rate '' 2024-01-01 '' net_retention 0.826086956521739
is rate '' 2024-01-01 '' gross_retention 0.695652173913043
is rate '' 2024-02-01 '' joined 1
is total '' 2024-01-01 '' lost 2
is total '' 2024-01-01 '' customers 13
is total '' 2024-01-01 '' days 91
# the last month opens with ann, bob, cat, gus and hal: 5 x 2/13 x 12 a year, each the mean of 130, 50 and 60
is loss '' 2024-01-01 '' customers_a_year 9.230769230769231
is loss '' 2024-01-01 '' value_a_year 738.461538461538
is cohort '' 2024-01-01 '' customers 3
is cohort '' 2024-01-01 1 staying 0.666666666666667

begin "survival with delayed entry, worked out by hand"
# Tenure under watch in January: ann 245 to 276, bob 214 to 224 (lost), cat 184 to 215, eve 0 to 11 (lost), bob again 0 to 12,
# gus 0 to 31; dan has no joining day. On day 11 three are at risk, on day 224 bob alone.
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 -o - -q
is survival '' '' '' stays 6
is survival '' '' '' lost 2
is survival '' '' '' median_days 224
is survival '' '' 0 at_risk 3
is survival '' '' 1 survival 0.666666666666667
is survival '' '' 1 at_risk 1
is survival '' '' 7 at_risk 1
is survival '' '' 7 survival 0.666666666666667
is survival '' '' 8 survival 0
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 --json -q
out_says '"undated": 1'

begin "segments, with one for the missing, and their rows add up"
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 --by region -o -
err_says 'known as of the export only'
is rate north 2024-01-01 '' customers 1
is rate north 2024-01-01 '' joined 2
is rate south 2024-01-01 '' lost 1
is rate south 2024-01-01 '' joined 1
is rate '(missing)' 2024-01-01 '' lost 1
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 --by 'last(fee from fees) >= 80' -o -
is rate yes 2024-01-01 '' customers 2
is rate no 2024-01-01 '' lost 1
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 --by fee_now -o - -q
is rate 80 2024-01-01 '' customers 1

begin "the loss takes a value and a cost that are given"
run 0 rates "$work/hand/churn.yaml" --first 2024-01-01 --last 2024-01-31 --value 200 --replacement-cost 350 -q
out_says 'Loss: 4 customers x 50.00 % x 12 periods a year = 24 customers a year'
out_says 'x a value of 200 each = 4,800 a year'
out_says 'x 350 to replace each = 8,400 a year'

begin "silence: lost on the day it is complete, back with the next row"
cat >"$work/hand/buys.csv" <<'EOF'
id,day
ann,2024-01-01
ann,2024-03-05
bob,2024-01-10
bob,2024-02-09
cat,2024-01-31
EOF
cat >"$work/hand/silent.yaml" <<'EOF'
version: 1
customers: {from_history: buys}
histories: {buys: {from: buys.csv, id: id, day: day}}
data_until: 2024-03-31
outcome: {silent: buys, horizon: 30d}
EOF
# ann: lost on 01-31, back on 03-05. bob: 30 days on is no silence; lost on 03-10. cat: lost on 03-01.
run 0 rates "$work/hand/silent.yaml" --first 2024-01-15 --last 2024-03-31 --every 15d -o -
err_says 'make no whole period'
is rate '' 2024-01-15 '' customers 2
is rate '' 2024-01-15 '' joined 0
is rate '' 2024-01-30 '' lost 1
is rate '' 2024-01-30 '' joined 1
is rate '' 2024-02-29 '' lost 2
is rate '' 2024-02-29 '' returned 1
run 0 rates "$work/hand/silent.yaml" -q
out_says 'lost = their silence was complete'

begin "a simulated world adds up with its customers file"
make_world
run 0 rates "$project" --every "1 month" -o - -q
cp "$work/out" "$work/world.csv"
awk -F, 'NR > 1 && $1 == "rate" && $6 == "lost" {print $3, $4}' "$work/world.csv" >"$work/months"
[ "$(wc -l <"$work/months")" -ge 10 ] || fail "few months: $(wc -l <"$work/months")"
head -1 "$work/world/customers.csv" | grep -q '^customer_id,signup_date,closed_date' || fail "other columns in customers.csv"
while read -r first last; do
  read -r start lost joined passed < <(awk -F, -v a="$first" -v b="$last" 'NR > 1 {
    there = $2 < a && ($3 == "" || $3 >= a); gone = $3 != "" && $3 >= a && $3 <= b
    if (there) { n++; l += gone } else if ($2 >= a && $2 <= b) { j++; p += gone } }
    END {print n + 0, l + 0, j + 0, p + 0}' "$work/world/customers.csv")
  is rate '' "$first" '' customers "$start"
  is rate '' "$first" '' lost "$lost"
  is rate '' "$first" '' joined "$joined"
  is rate '' "$first" '' came_and_went "$passed"
done <"$work/months"

begin "segments of a world add up to everybody"
run 0 rates "$project" --by price_tier -o - -q
awk -F, '$1 == "rate" && ($6 ~ /^(customers|joined|lost|value|value_lost|value_net)$/) {
    k = $3 "," $6; if ($2 == "") all[k] = $7; else sum[k] += $7 }
  END { for (k in all) { n++; d = all[k] - sum[k]; if (d > 1e-6 || d < -1e-6) { print k, all[k], sum[k]; bad = 1 } } exit bad || n < 60 }' \
  "$work/out" >"$work/err" || fail "segments do not add up"

begin "same bytes for any number of threads and any order of rows"
run 0 rates "$project" --by region --threads 1 --json -q
cp "$work/out" "$work/one.json"
run 0 rates "$project" --by region --threads 3 --json -q
same "$work/out" "$work/one.json"
cp -r "$work/world" "$work/mixed"
for file in customers prices; do
  { head -1 "$work/world/$file.csv"; tail -n +2 "$work/world/$file.csv" | sort -t, -k3; } >"$work/mixed/$file.csv"
done
run 0 rates "$work/mixed/churn.yaml" --by region --json -q
same "$work/out" "$work/one.json"
run 0 rates "$project" --by region --json -q -o "$work/file.json"
out_silent
same "$work/file.json" "$work/one.json"

begin "two periods against each other, plain and adjusted"
run 0 train "$project" -o "$work/model.json" -q
run 0 rates "$project" --compare 2024-01-01..2024-06-30,2024-07-01..2024-12-31 -m "$work/model.json"
out_says 'Change of the rate'
out_says 'after / before: '
err_says 'drawn towards none'
run 0 rates "$project" --compare 2024-01-01..2024-06-30,2024-07-01..2024-12-31 -m "$work/model.json" -o - -q
# Two windows of 90 days after a gap of 14 would end 194 days on: one each. What is expected is the sum of the scores of those
# who did not leave in the gap.
is comparison '' 2024-01-01 '' windows 2
run 0 score "$project" -m "$work/model.json" --as-of 2024-07-01 -o "$work/scores.csv" -q
run 0 features "$project" --as-of 2024-07-01 -o "$work/labels.csv" -q
awk -F, 'NR == FNR { if (FNR > 1 && $3 != "") { label[$1] = $3 + 0; seen[$1] = 1; o += $3 } next }
  FNR > 1 && ($2 in seen) { e += $4 } END { printf "%d %.9f\n", o, e }' "$work/labels.csv" "$work/scores.csv" >"$work/sums"
run 0 rates "$project" --compare 2024-01-01..2024-06-30,2024-07-01..2024-12-31 -m "$work/model.json" -o - -q
read -r observed expected <"$work/sums"
is comparison '' 2024-01-01 '' observed_after "$observed"
is comparison '' 2024-01-01 '' expected_after "$expected" 1e-6
# 197 and 196 days hold a gap of 14 and two windows of 90, one behind the other.
run 0 rates "$project" --compare 2024-01-01..2024-07-15,2024-07-16..2025-01-27 -m "$work/model.json" -o - -q
is comparison '' 2024-01-01 '' windows 4
run 0 rates "$project" --compare 2024-01-01..2024-01-31,2024-07-01..2024-09-30 -q --json
out_says '"difference"'
run 0 rates "$project" --compare 2024-01-01..2024-01-31,2024-07-01..2024-09-30
err_says 'the periods have 31 and 92 days'

begin "what makes no sense is refused with words"
refused() { run "$1" rates "${@:3}"; err_says "$2"; out_silent; }
refused 2 'is no step; expected a step like 1 month' "$project" --every fortnight
refused 2 'is no day; expected YYYY-MM-DD' "$project" --first 2024-13-01
refused 2 'lies before the first day' "$project" --first 2024-05-01 --last 2024-04-01
refused 2 'lies after the last day of the data' "$project" --last 2031-01-01
refused 65 'no whole period' "$project" --first 2024-05-01 --last 2024-05-20 --every '1 month'
refused 2 'is no pair of periods' "$project" --compare 2024-01-01..2024-01-31
refused 2 'is no pair of periods' "$project" --compare 2024-01-01..2024-02-30,2024-03-01..2024-03-31
refused 2 'share no day' "$project" --compare 2024-01-01..2024-01-31,2024-01-31..2024-02-28
refused 2 'expected no --first' "$project" --compare 2024-01-01..2024-01-31,2024-02-01..2024-02-28 --first 2024-01-01
refused 2 'expected --compare' "$project" -m "$work/model.json"
refused 2 'fewer than one window of the model' "$project" --compare 2024-01-01..2024-01-31,2024-02-01..2024-02-29 -m "$work/model.json"
refused 2 'expected a number that is 0 or more' "$project" --value -3
refused 2 'different values; expected segments' "$project" --by 'days_since(engagements) + last(monthly_fee from prices)'
refused 78 'regoin' "$project" --by customers.regoin
printf 'id,Churn\n1,Yes\n2,No\n' >"$work/flat.csv"
printf 'version: 1\ncustomers: {from: flat.csv, id: id}\noutcome: {column: Churn, positive: "Yes"}\nfeatures: customers.*\n' \
  >"$work/flat.yaml"
refused 78 'a flat export, without dates' "$work/flat.yaml"

begin "a failed run leaves the output alone"
guard "$work/kept.csv"
run 2 rates "$project" --every fortnight -o "$work/kept.csv"
untouched "$work/kept.csv"

begin "tables are at most 100 columns wide"
run 0 rates "$project" --by price_tier -q
awk 'length($0) > 100 {print; bad = 1} END {exit bad}' "$work/out" >"$work/err" || fail "a line is too wide"

finish
