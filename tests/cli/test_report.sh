#!/usr/bin/env bash
# The page for the desk: it holds what --json prints, no text in it can break out, a browser works it without a word of complaint, and a
# night writes it as it writes all else.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
cp -r "$here/../../datasets/sample" "$work/sample"
cd "$work" || exit 1
# shellcheck source=tests/cli/browser.sh
. "$here/browser.sh"
page_works() { works "$1" "$here/report_check.js" "CHECKED many WRONG 0 " "${@:2}"; }

"$churn" train sample -o model.json -q 2>/dev/null

begin "the page holds the bytes of --json, which go to where they are asked for"
run 0 report sample -m model.json --json -o page.html
err_says "393 on the page -> page.html"
inside page.html >data.json; printf '\n' >>data.json; same out data.json
run 0 report sample -m model.json; cp out piped.html; same page.html piped.html
run 0 report sample -m model.json --json; same out data.json
run 2 report sample -m model.json --json -o -; err_says "cannot both"
run 2 report sample -m model.json --lang fr; err_says "expected en or zh"
run 0 report sample -m model.json --top 5 --threads 3 -q -o five.html; [ "$(inside five.html | grep -c '"customer_id"')" -eq 5 ] || fail "--top 5"
run 2 report sample -m model.json --top 0

begin "its rows are those of score, ids untouched"
run 0 score sample -m model.json -q
cut -d, -f2 out | tail -n +2 >ids
grep -o '"customer_id": "[^"]*"' data.json | cut -d'"' -f4 >shown; same ids shown
cut -d, -f5 out | tail -n +2 >logits
grep -o '"logit": [^,]*' data.json | cut -d' ' -f2 >shown; same logits shown

begin "it asks for nothing from elsewhere, carries Chart.js's licence, and is below a megabyte"
grep -qF "default-src 'none'; script-src 'nonce-" page.html || fail "no policy"
! grep -E '<(script|link|img|iframe)[^>]*(src|href)=' page.html || fail "an element with an address"
grep -q "Permission is hereby granted" page.html || fail "no licence"
[ "$(stat -c %s page.html)" -lt 1000000 ] || fail "$(stat -c %s page.html) bytes"
grep -q '<html lang="en">' page.html || fail "language"
run 0 report sample -m model.json --lang zh -q -o zh.html; grep -q '<html lang="zh">' zh.html || fail "--lang zh"

begin "what is asked for elsewhere would be seen"
if [ -z "$chromium" ]; then
  skip "no chromium"
else
  echo '<!DOCTYPE html><title>asks</title><img src="http://127.0.0.1:9/picture">' >asks.html
  browse asks.html 800,600 --dump-dom; asked >out || fail "it was not seen"
fi

begin "a browser works it: search, order, filters, cards, download, languages, themes, in a wide and in a narrow window"
page_works page.html 1200,1000 500,900

begin "names that would be markup, formulas or other scripts do no harm"
cp -r sample hostile
rename() { awk -F, -v OFS=, 'NR == FNR { name[$1] = $2; next } $1 in name { $1 = name[$1] } { print }' names.csv "$1" >renamed && mv renamed "$1"; }
# The riskiest of all have them, so that they stand in front.
paste -d, <(head -9 ids) <(printf '%s\n' '<script>alert(1)</script>' '=1+1' '</script><img src=x onerror=alert(2)>' '王小明 דוד أحمد' '@SUM(A1)' '-2+3' '＝1+1' '＠SUM(A1)' '－2+3') >names.csv
for file in hostile/*.csv; do rename "$file"; done
run 0 report hostile -m model.json --json -o hostile.html; cp out hostile.json
[ "$(scripts hostile.html)" -eq "$(scripts page.html)" ] || fail "a text ends its element"
for id in '<script>alert(1)</script>' '=1+1' '王小明 דוד أحمد' '@SUM(A1)'; do grep -qF "\"customer_id\": \"$id\"" hostile.json || fail "the document lacks $id"; done
run 0 score hostile -m model.json -q; grep -q '^[0-9]*,=1+1,' out || fail "the list changed an id"
page_works hostile.html 1200,1000

begin "a night writes it beside the list, the same bytes each time, and says what it was the night before"
printf 'lang: zh\nnightly: {report: yes}\ngates: {drift: off, scores: off, missing: off, rate: off, freshness: off, rows: off}\n' >>sample/churn.yaml
run 0 nightly sample -m model.json --as-of 2025-06-29
run 0 nightly sample -m model.json --as-of 2025-06-30
night=sample/runs/2025-06-30
grep -q '<html lang="zh">' $night/report.html || fail "language"
grep -q '"name": "report.html"' $night/manifest.json || fail "the manifest lacks it"
inside $night/report.html >night.json
grep -q '"previous": {"as_of": "2025-06-29"' night.json || fail "no night before"
grep -q '"changes": {"since": "2025-06-29"' night.json || fail "no changes"
run 0 report sample -m model.json --as-of 2025-06-30 --json -q; printf '\n' >>night.json; same out night.json
cp -r $night first; run 0 nightly sample -m model.json --as-of 2025-06-30 --threads 3; err_says unchanged
rm -r $night; run 0 nightly sample -m model.json --as-of 2025-06-30; diff -r first $night || fail "made anew it differs"
page_works $night/report.html 1200,1000
sed 's/report: yes/report: 7/' sample/churn.yaml >sample/fault.yaml; run 78 nightly sample/fault.yaml -m model.json; err_says "nightly.report"

begin "lists that were judged stand in it, and judging more changes nothing on the same night"
cp -r sample year; sed -i 's/lang: zh/lang: en/' year/churn.yaml; rm -r year/runs
for day in 2024-12-01 2025-01-01 2025-05-01 2025-06-01; do run 0 nightly year -m model.json --as-of $day -q; done
inside year/runs/2025-06-01/report.html >june.json
grep -q '"outcomes": \[$' june.json || fail "outcomes"
grep -A3 '"outcomes": \[$' june.json | grep -q '"as_of": "2024-12-01"' || fail "the list of December is not in it: $(grep -A3 outcomes june.json | head -c 300)"
cp year/runs/2025-06-01/report.html again.html
rm -r year/runs/2025-06-01; run 0 nightly year -m model.json --as-of 2025-06-01 -q; same again.html year/runs/2025-06-01/report.html
page_works year/runs/2025-06-01/report.html 1200,1000

begin "an export without days, and one whose base comes from a history, have pages too"
{ printf 'id,calls,city,churn\n'; awk 'BEGIN { srand(7); for (i = 0; i < 400; i++) printf "K%03d,%d,%s,%s\n", i, 10 * rand(), rand() < .5 ? "Ulm" : "Köln", rand() < .3 ? "Yes" : "No" }'; } >flat.csv
printf 'version: 1\ncustomers: {from: flat.csv, id: id, value: calls}\noutcome: {column: churn, positive: "Yes"}\n' >flat.yaml
run 0 train flat.yaml -o flat.json -q; run 0 report flat.yaml -m flat.json -q --json -o flat.html
grep -q '"rates": null' out || fail "rates of a flat export"; grep -q '"months": \[\]' out || fail "months of a flat export"
page_works flat.html 1200,1000

begin "with a playbook each customer has a cause, an action and who acts, in both languages; who is left out is not on the page, and who is not to be contacted is marked"
{ cat "$here/../../datasets/sample/churn.yaml"; printf 'playbook: default\nlist: {exclude: [%s]}\ncontrol: {share: 0.3, key: spring}\n' "$(grep -B99 'natural' "$here/../../models/playbook.yaml" | grep -oE '^  [a-z_]+:' | tail -1 | tr -d ' :')"; } >sample/causes.yaml
run 0 report sample/causes.yaml -m model.json --json -o causes.html -q; cp out causes.json
grep -q '"label": {"en": "complaints slow or unanswered", "zh": "投诉处理慢或无回应"}' causes.json || fail "causes"
run 0 score sample/causes.yaml -m model.json -q
grep -q '"control": true' causes.json || fail "nobody is in the control group"
tail -n +2 out | cut -d, -f2 >ids; grep -o '"customer_id": "[^"]*"' causes.json | cut -d'"' -f4 >shown; same ids shown
page_works causes.html 1200,1000

begin "an export in GB18030 with Chinese headings, end to end, on a page in Chinese"
mkdir china
chinese() { sed "1s/.*/$2/" "sample/$1" | sed 's/,north,/,华北,/; s/,south,/,华南,/; s/,east,/,华东,/; s/,west,/,西部,/; s/^C000/客户/' | iconv -f UTF-8 -t GB18030 >"china/$1"; }
chinese customers.csv "$(head -1 sample/customers.csv | sed 's/customer_id/客户编号/; s/signup_date/注册日期/; s/closed_date/离开日期/; s/region/地区/')"
chinese interactions.csv "$(head -1 sample/interactions.csv | sed 's/customer_id/客户编号/; s/date/日期/')"
cat >china/churn.yaml <<'YAML'
version: 1
encoding: GB18030
customers:
  from: customers.csv
  id: 客户编号
  joined: 注册日期
  left: 离开日期
  columns: {所在地区: {from: 地区, type: category, static: true}}
histories:
  互动: {from: interactions.csv, id: 客户编号, day: 日期}
outcome: {horizon: 90d, gap: 14d}
snapshots: {first: 2023-11-01, last: 2025-03-01, every: 1 month, test_from: 2024-09-01}
features:
  近三十天互动: {is: count(互动 over 30d), label: 次互动（近30天）}
  距上次互动: days_since(互动)
  地区: customers.所在地区
YAML
run 0 train china -o china.json -q
run 0 report china -m china.json --lang zh --json -o china.html
grep -q '"customer_id": "客户' out || fail "ids"; grep -q '"level": "华北"' out || fail "levels"; grep -q '"text": "[0-9.]* 次互动（近30天）"' out || fail "reasons"
grep -q '"histories": \["互动"\]' out || fail "histories"
page_works china.html 1200,1000
if [ -n "$chromium" ]; then
  browse china.html 1200,900 --screenshot="$work/china.png"
  [ "$(head -c 4 china.png | tail -c 3)" = PNG ] && [ "$(stat -c %s china.png)" -gt 20000 ] || fail "no picture"
fi

# shown PAGE: what stands on it, without its scripts.
shown() { browse "$1" 1200,900 --dump-dom; sed 's/.*<div id="page">//; s/<script.*//' dom >shown; }
shown_says() { [ -z "$chromium" ] || grep -qF -e "$1" shown || fail "the page lacks \"$1\""; }

begin "a model that guesses is told of before all else, in both languages"
awk 'BEGIN { srand(7); print "id,a,b,c,d,left"
  for (i = 1; i <= 400; i++) printf "c%d,%.4f,%.4f,%.4f,%.4f,%s\n", i, rand(), rand(), rand(), rand(), rand() < .25 ? "yes" : "no" }' >noise.csv
printf 'version: 1\ncustomers: {from: noise.csv, id: id}\noutcome: {column: left, positive: "yes"}\n' >noise.yaml
run 0 train noise.yaml -o noise.json -q; run 0 report noise.yaml -m noise.json -q --json -o noise.html
grep -q '"no_better_than_guessing": true' out || fail "the model is said to be good"
works noise.html "$here/report_check.js" "CHECKED [0-9a-z]* WRONG 0 " 1200,1000

begin "the words are those of the outcome: who falls silent or falls below a share does not leave"
outcome() { sed "s/^outcome: .*/outcome: {$2}/" plain/churn.yaml >"plain/$1.yaml"; run 0 train "plain/$1.yaml" -o "$1.json" -q; run 0 report "plain/$1.yaml" -m "$1.json" --json -q -o "$1.html"; }
cp -r "$here/../../datasets/sample" plain
outcome silent 'silent: engagements, horizon: 60d, active_within: 90d'
grep -qF '"outcome": {"kind": "silent", "below": null}' out || fail "outcome"
page_works silent.html 1200,1000
outcome drop 'drop: count(engagements over 60d), below: 0.4, horizon: 60d, gap: 7d'
grep -qF '"outcome": {"kind": "drop", "below": 0.4}' out || fail "outcome"
page_works drop.html 1200,1000
if [ -n "$chromium" ]; then
  shown silent.html; shown_says "silent for the next 60 days"
  shown drop.html; shown_says " of what it was, between 7 and 67 days from now"; shown_says "Expected to fall below 40"
  shown page.html; shown_says "leaving between 14 and 104 days from now"; shown_says "Expected to leave"
fi

begin "a list that the project keeps short says so; where everybody is listed nobody is borderline or not"
{ cat plain/churn.yaml; printf 'list: {intervals: yes}\ngates: {drift: off, scores: off, missing: off, rate: off, freshness: off, rows: off}\n'; } >plain/sure.yaml
run 0 report plain/sure.yaml -m model.json --json -q -o all.html
grep -q '"borderline": null' out && ! grep -qE '"borderline": (true|false)' out || fail "borderline on a list of all"
run 0 nightly plain/sure.yaml -m model.json --output all-runs -q
grep -q '"borderline_listed": null' all-runs/*/summary.json && grep -q '"borderline_unlisted": null' all-runs/*/summary.json || fail "borderline in the summary of a list of all"
printf 'nightly: {top: 50}\n' >>plain/sure.yaml
run 0 report plain/sure.yaml -m model.json --json -q -o fifty.html
grep -qE '"borderline": (true|false)' out && ! grep -q '"borderline": null' out || fail "borderline on a list of 50"
grep -q '"listed": 50,' out && grep -q '"listable": 393,' out || fail "listed"
run 0 nightly plain/sure.yaml -m model.json --output fifty-runs -q
grep -qE '"borderline_listed": [0-9]+' fifty-runs/*/summary.json || fail "borderline in the summary of a list of 50"
page_works fifty.html 1200,1000

begin "a day without customers has dashes"
run 0 report plain -m model.json --as-of 1990-01-01 -q -o nobody.html
works nobody.html "$here/report_check.js" "CHECKED nobody WRONG 0 " 1200,1000

begin "a label of the project's own stands on the page, and so does the name of what the project counts otherwise; the shipped list has Chinese names"
sed 's/^  engagements_30d: .*/  engagements_30d: {is: count(engagements over 60d), label: own words}/; s/^  rep_changes_365d: .*/  rep_changes_365d: changes(rep_id from reps over 100d)/' plain/churn.yaml >plain/own.yaml
run 0 train plain/own.yaml -o own.json -q; run 0 report plain/own.yaml -m own.json --lang zh -q -o own.html
if [ -n "$chromium" ]; then
  shown own.html; shown_says '<th scope="row">own words</th>'; shown_says '<th scope="row">rep changes 365d</th>'
fi
page_works own.html 1200,1000
sed '/^features:/,/^$/d; /^feature_sets:/,$d' plain/churn.yaml >plain/default.yaml
run 0 train plain/default.yaml -o default.json -q; run 0 report plain/default.yaml -m default.json --lang zh -q -o default.html
if [ -n "$chromium" ]; then
  shown default.html; sed 's/.*<section id="drift"//; s/<details.*//' shown | grep -o '<th scope="row">[^<]*' >names
  [ "$(wc -l <names)" -ge 13 ] && ! grep -E '>[ -~]*$' names || fail "$(wc -l <names) names, not all Chinese"
fi

begin "there are no verdicts on reps by a model that saw what became of them, or that knows the rep"
run 0 report plain -m model.json --as-of 2024-08-01 --json -q -o seen.html
grep -q '"in_training": true' out && grep -q '"rep_features": \[\]' out && grep -q '"ratio"' out || fail "flaws"
! grep -qE '"verdict": "(worse|better|as_expected)"' out || fail "a verdict"
page_works seen.html 1200,1000
sed 's/^  region: .*/&\n  who: last(rep_id from reps)/' plain/churn.yaml >plain/knows.yaml
run 0 train plain/knows.yaml -o knows.json -q; run 0 report plain/knows.yaml -m knows.json --json -q -o knows.html
grep -q '"rep_features": \[14\]' out || fail "$(grep -o '"rep_features": [^,]*' out)"
! grep -qE '"verdict": "(worse|better|as_expected)"' out || fail "a verdict"
page_works knows.html 1200,1000
grep -qE '"verdict": "(worse|better|as_expected)"' data.json || fail "no verdict by a model that can tell"

finish
