#!/usr/bin/env bash
# The page's sections that a project asks for: whom to contact, who is loyal and slipping, kinds of loss and stated reasons, what
# contacting has saved. Each holds what the verb that counts it prints, and a project without the key has none of it.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
cp -r "$here/../../datasets/sample" "$work/plain"
cd "$work" || exit 1
# shellcheck source=tests/cli/browser.sh
. "$here/browser.sh"
page_works() { works "$1" "$here/report_check.js" "CHECKED many WRONG 0 " "${@:2}"; }
# part NAME FILE: a member of the document; whole NAME FILE: one that is what another verb prints.
whole() { awk -v key="  \"$1\": " 'index($0, key) == 1 { sub(key, ""); on = 1 } on && /^}/ { print "}"; exit } on' "$2"; }
part() { awk -v key="  \"$1\": " 'index($0, key) == 1 { sub(key, ""); on = 1 } on && /^  "/ { exit } on' "$2"; }

"$churn" train plain -o model.json -q 2>/dev/null

# Every customer who left says why by the number in the id; texts that would be markup are among them.
cp -r plain desk
awk -F, -v OFS=, 'NR == 1 { print $0, "why"; next } { n = substr($1, length($1)) + 0
  print $0, $3 == "" ? "" : n < 4 ? "moved" : n < 7 ? "<b>rival</b>" : n < 9 ? "=2+2" : "" }' plain/customers.csv >desk/customers.csv
echo customer_id,day,with >desk/contacts.csv
sed -i 's/^    region: .*/&\n    why:       {type: category, static: true}/; s/^histories:/histories:\n  told: {from: contacts.csv, id: customer_id, day: day, columns: {with: category}}/' desk/churn.yaml
cat >>desk/churn.yaml <<'YAML'
rep: last(rep_id from reps)
playbook: default
capacity: {total: 60, owners: {service: 12}, each_rep: 4}
loyal: {value: 0.6, rise: 1.1}
control: {share: 0.3, key: spring}
contacts: {history: told, contacted: keep}
kinds: {reason: why, natural: [moved], competitive: ["<b>rival</b>"], malicious: overdue_amount > 0}
nightly: {report: yes, top: 120}
gates: {drift: off, scores: off, missing: off, rate: off, freshness: off, rows: off}
YAML

begin "a project without the keys has none of the sections"
run 0 report plain -m model.json --json -q; cp out plain.json
for key in calls loyal kinds stated saved; do [ "$(part $key plain.json)" = "null," ] || fail "$key: $(part $key plain.json | head -c 200)"; done
grep -q '"others": \[$' plain.json || fail "others"

begin "the calls are those of score --within-capacity, in all, by owner and by rep"
run 0 report desk -m model.json --json -q -o desk.html; cp out desk.json
run 0 score desk -m model.json --within-capacity -q; awk -F, 'NR == 1 || $NF != 1' out >calls.csv # without who is marked as control
column() { awk -F, -v want="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at }' "$2"; }
# Actions hold commas, so what stands behind them is counted from the end.
behind() { awk -F, -v back="$1" 'NR > 1 { print $(NF - back) }' "$2"; }
part calls desk.json >calls.json
grep -o '"customer_id": "[^"]*"' calls.json | cut -d'"' -f4 >shown; tail -n +2 calls.csv | cut -d, -f2 >ids; same ids shown
grep -o '"worth": [^,}]*, "rep"' calls.json | grep -o '[0-9.e+-]*, ' | tr -d ', ' >shown; behind 2 calls.csv >ids; same ids shown
[ "$(wc -l <ids)" -gt 20 ] || fail "too few calls: $(wc -l <ids)"
for owner in service rep billing; do
  [ "$(behind 3 calls.csv | grep -cx $owner)" -eq "$(grep -o "\"name\": \"$owner\".*" calls.json | grep -o '"customers": [0-9]*' | cut -d' ' -f2)" ] || fail "$owner"
done
sums=$(sed -n '/"reps": \[/,/\]/p' calls.json | grep -o '"customers": [0-9]*' | awk '{ n += $2; if ($2 > 4) bad = 1 } END { print n, bad + 0 }')
[ "$sums" = "$(behind 3 calls.csv | grep -cx rep) 0" ] || fail "by rep: $sums"

begin "loyal and slipping are those of score --loyal"
run 0 score desk -m model.json --loyal -q; cp out loyal.csv
part loyal desk.json >loyal.json
grep -o '"customer_id": "[^"]*"' loyal.json | cut -d'"' -f4 >shown; tail -n +2 loyal.csv | cut -d, -f2 >ids; same ids shown
grep -o '"growth": [^,]*, "tenure' loyal.json | cut -d' ' -f2 | tr -d , >shown; column loss_growth loyal.csv >ids; same ids shown
[ -s ids ] || fail "nobody is loyal and slipping"

kinds_of() { awk '/^  "kinds": {/, /^  ]}/' "$1"; }
begin "kinds by month are those of rates, and those of the year come to the lost"
first=$(part year desk.json | grep -o '"first": "[^"]*"' | cut -d'"' -f4); last=$(part year desk.json | grep -o '"last": "[^"]*"' | cut -d'"' -f4)
whole rates desk.json | sed -n '/"kinds": \[/,/\]/p' | grep -o '"kind": [^}]*"lost": [0-9]*' >shown
run 0 rates desk --first "$first" --last "$last" --every "1 month" --json -q; sed -n '/"kinds": \[/,/\]/p' out | grep -o '"kind": [^}]*"lost": [0-9]*' >ids; same ids shown
run 0 rates desk --first "$first" --last "$last" --json -q
sed -n '/"kind_totals": \[/,/\]/p' out | grep -o '{"kind".*}' >ids; kinds_of desk.json | grep -o '{"kind".*}' >shown; same ids shown
[ "$(kinds_of desk.json | grep -o '"lost": [0-9]*' | awk 'NR == 1 { all = $2; next } { n += $2 } END { print n == all }')" = 1 ] || fail "they do not add up"

begin "stated reasons are those of evaluate --reasons over a year's snapshots"
whole stated desk.json >shown
run 0 evaluate desk -m model.json --reasons --json -q --first 2024-03-19 --last 2025-03-19
same shown out
grep -q '"stated": "<b>rival</b>"' shown || fail "the reasons: $(head -c 300 shown)"

begin "what was saved is what outcomes prints, of past lists whose windows have closed"
[ "$(whole saved desk.json | grep -c '"lists": 0')" = 1 ] || fail "saved without lists"
for day in 2024-10-01 2024-11-01 2024-12-01 2025-05-01; do run 0 nightly desk -m model.json --as-of $day -q; done
first_control=$(awk -F, 'NR > 1 && $NF == 1 { print $2; exit }' desk/runs/2024-10-01/ranked.csv)
printf '%s,2024-10-05,"=1+1"\n' "$first_control" >>desk/contacts.csv
run 0 report desk -m model.json --json -q -o desk.html; cp out desk.json
run 0 outcomes desk --json -q; whole saved desk.json >shown; same out shown
grep -q '"lists": 3,' shown && grep -q "\"$first_control\"" shown || fail "saved: $(head -c 300 shown)"

begin "a night that is run again gives the same page, also where old lists go"
sed 's/top: 120/top: 120, keep: 2, outcomes: no/' desk/churn.yaml >desk/short.yaml
run 0 nightly desk/short.yaml -m model.json --as-of 2025-06-01 -q; cp desk/runs/2025-06-01/report.html first.html
run 0 nightly desk/short.yaml -m model.json --as-of 2025-06-01; err_says unchanged; same first.html desk/runs/2025-06-01/report.html

begin "a browser works them, in a wide and in a narrow window, and the page stays below a megabyte"
page_works desk.html 1200,1000 500,900
[ "$(stat -c %s desk.html)" -lt 1000000 ] || fail "$(stat -c %s desk.html) bytes"
page_works desk/runs/2025-06-01/report.html 1200,1000

begin "a call who is not among the riskiest has a card all the same"
run 0 report desk -m model.json --top 12 --json -q -o few.html
[ "$(part customers out | grep -c customer_id)" = 12 ] && [ "$(part others out | grep -c customer_id)" -gt 20 ] || fail "rows: $(part others out | grep -c customer_id) others"
page_works few.html 1200,1000

begin "names that would be markup or formulas do no harm in any of them"
cp -r desk hostile; rm -r hostile/runs; cp -r desk/runs hostile/runs
{ head -3 calls.csv | tail -2; head -3 loyal.csv | tail -2; } | cut -d, -f2 | sort -u >old
paste -d, old <(printf '%s\n' '<script>alert(1)</script>' '=1+1' '</script><img src=x onerror=alert(2)>' '@SUM(A1)' | head -"$(wc -l <old)") >names.csv
for file in hostile/*.csv; do
  awk -F, -v OFS=, 'NR == FNR { name[$1] = $2; next } $1 in name { $1 = name[$1] } { print }' names.csv "$file" >renamed && mv renamed "$file"
done
run 0 report hostile -m model.json --json -o hostile.html -q; cp out hostile.json
[ "$(scripts hostile.html)" -eq "$(scripts desk.html)" ] || fail "a text ends its element"
part calls hostile.json | grep -qF '"=1+1"' || part loyal hostile.json | grep -qF '"=1+1"' || fail "the names are not there"
page_works hostile.html 1200,1000

begin "who was contacted lately is counted, of all and of the head, by the days that training asks about"
cp -r desk told; rm -r told/runs
run 0 score desk -m model.json -q; tail -n +2 out | cut -d, -f2 >ids
{ sed -n '1p;5p' ids | sed 's/$/,2025-06-30,phone/'; sed -n '5p;200p' ids | sed 's/$/,2025-04-02,phone/'; sed -n 7p ids | sed 's/$/,2025-04-01,phone/'; sed -n 8p ids | sed 's/$/,2025-07-01,phone/'; } >>told/contacts.csv
run 0 report told -m model.json --as-of 2025-07-01 --json -q -o told.html
grep -qF '"contacts": {"days": 90, "customers": 3, "head": 2}' out || fail "$(part contacts out)"
grep -q '"contacts": null' plain.json || fail "contacts without a log"
page_works told.html 1200,1000

begin "an outcome that excludes a kind judges past lists as outcomes does"
sed 's/^outcome: .*/outcome: {horizon: 90d, gap: 14d, exclude: [natural]}/' desk/churn.yaml >desk/excluding.yaml
run 0 report desk/excluding.yaml -m model.json --json -q; whole saved out >shown
run 0 outcomes desk/excluding.yaml --json -q; same out shown
cmp -s shown <(whole saved desk.json) && fail "excluding changes nothing"

begin "what the gates found stands there in both languages"
grep -q '"message_zh": "[^"]*不属于任何已知客户' desk.json || fail "$(grep -m1 message desk.json)"
[ "$(grep -c '"message"' desk.json)" = "$(grep -c '"message_zh"' desk.json)" ] || fail "some have one language only"
grep -q message_zh desk/runs/2025-06-01/manifest.json && fail "the manifest has Chinese messages"
finish
