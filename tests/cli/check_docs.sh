#!/bin/sh
# Holds the man page against the program: verbs, options, project keys, names of the feature language, exit codes; and lints
# it with what is installed. Usage: check_docs.sh PROGRAM SOURCE_FOLDER FORMATTED_PAGE
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
LC_ALL=C
export LC_ALL
program=$1 source=$2 page=$3
manual=$source/src/install/churn.1.in
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0

fail() {
  echo "$1" >&2
  status=1
}

# Lines of the manual from a heading (.Sh or .Ss, as a pattern) up to the next one that `stop` matches; \- is a minus.
section() {
  awk -v start="^[.]S[hs] $1\$" -v stop="$2" '
    $0 ~ start { inside = 1; next }
    $0 ~ stop { inside = 0 }
    inside' "$manual" | sed 's/\\-/-/g'
}

# Says how two lists of words differ, one a line in $work/$2 (the program's) and $work/$3 (the manual's).
same() {
  sort -u "$work/$2" -o "$work/$2"
  sort -u "$work/$3" -o "$work/$3"
  [ -s "$work/$2" ] || fail "$1: nothing was found in the program; has its output changed?"
  for word in $(comm -23 "$work/$2" "$work/$3"); do fail "$1: the manual lacks $word"; done
  for word in $(comm -13 "$work/$2" "$work/$3"); do fail "$1: the manual has $word, the program has not"; done
}

# Long options among the items of a list in the manual: `.It Fl o , Fl -output Ar file`.
options_of_items() {
  grep '^\.It Fl' | grep -oE 'Fl -[a-z][a-z-]*' | sed 's/^Fl -/--/'
}

"$program" --help >"$work/help" || fail "churn --help fails"
sed -n 's/^  churn \([a-z]*\) .*/\1/p' "$work/help" >"$work/verbs"
sed -n '/^\.Sh VERBS/,/^\.Sh TIME/s/^\.Ss \([a-z]*\)$/\1/p' "$manual" >"$work/verbs_documented"
same verbs verbs verbs_documented
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Cm //p' "$manual" >"$work/verbs_in_synopsis"
same "verbs in the synopsis" verbs verbs_in_synopsis

section "Options of every verb" '^[.]S[hs]' | options_of_items >"$work/common"
echo --help >"$work/all_options"
echo --version >>"$work/all_options"
while read -r verb; do
  "$program" "$verb" --help | grep -oE -- '(^|  |, )--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+' >"$work/options"
  cat "$work/options" >>"$work/all_options"
  : >"$work/reading"
  grep -q -- '^--source$' "$work/options" &&
    section "Options of verbs that read a project" '^[.]S[hs]' | options_of_items >"$work/reading"
  section "$verb" '^[.]S[hs]' | options_of_items | cat - "$work/common" "$work/reading" >"$work/options_documented"
  same "options of $verb" options options_documented
done <"$work/verbs"
sed 's/\\-/-/g' "$manual" | grep -oE '(Fl -|--)[a-z][a-z-]*' | sed 's/^Fl -/--/' | sort -u >"$work/options_named"
sort -u "$work/all_options" -o "$work/all_options"
for option in $(comm -23 "$work/options_named" "$work/all_options"); do
  fail "options: the manual names $option, which no verb has"
done

# Every mapping of a project file is asked for a key that it cannot have, and names those that it accepts.
probe() {
  printf 'version: 1\n%s\n' "$1" >"$work/probe.yaml"
  "$program" check "$work/probe.yaml" 2>&1 | sed -n 's/.*unknown key "zzz" in .*; accepted: //p' | tr -d ' ' | tr ',' '\n'
}
{
  probe 'zzz: 1'
  probe 'customers: {zzz: 1}'
  probe 'customers: {from_history: h, zzz: 1}'
  probe 'customers: {from: c, columns: {x: {zzz: 1}}}'
  probe 'histories: {h: {zzz: 1}}'
  probe 'histories: {h: {via: {zzz: 1}}}'
  probe 'snapshots: {zzz: 1}'
  probe 'fit: {zzz: 1}'
  probe 'retrain: {zzz: 1}'
  probe 'split: {zzz: 1}'
  probe 'nightly: {zzz: 1}'
  probe 'gates: {zzz: 1}'
  probe 'gates: {rows: {zzz: 1}}'
  probe 'features: {x: {zzz: 1}}'
  probe 'outcome: {zzz: 1}'
  probe 'outcome: {silent: h, zzz: 1}'
  probe 'outcome: {event: h, zzz: 1}'
  probe 'outcome: {drop: d, zzz: 1}'
  probe 'outcome: {from: f, zzz: 1}'
  probe 'outcome: {column: c, zzz: 1}'
  probe 'scores: {zzz: 1}'
  probe 'kinds: {zzz: 1}'
  probe 'kinds: {natural: {zzz: 1}}'
  probe 'playbook: {zzz: 1}'
  probe 'playbook: {owners: {zzz: 1}}'
  probe 'playbook: {causes: {price: {zzz: 1}}}'
  probe 'playbook: {causes: {price: {label: {zzz: 1}}}}'
  probe 'list: {zzz: 1}'
  probe 'capacity: {zzz: 1}'
  probe 'actions: {default: {zzz: 1}}'
  probe 'loyal: {zzz: 1}'
  probe 'control: {zzz: 1}'
  probe 'contacts: {zzz: 1}'
} >"$work/keys"
section "PROJECT FILE" '^[.]Sh' >"$work/project_section"
grep '^\.It Cm' "$work/project_section" | sed 's/^\.It Cm //; s/ , /\n/g' >"$work/keys_documented"
# `customer` of via, `to` of scores, owners and languages stand in running text.
for key in customer to 'rep , service , billing , product' en zh; do
  grep -q "^\.Cm $key\( [,;]\)\?\$" "$work/project_section" && echo "$key" | sed 's/ , /\n/g' >>"$work/keys_documented"
done
same "keys of a project file" keys keys_documented
probe 'zzz: 1' >"$work/top_keys"
section "Top level" '^[.]Ss [cH]' | grep '^\.It Cm' | sed 's/^\.It Cm //' >"$work/top_keys_documented"
section "Formats" '^[.]S[hs]' | grep '^\.It Cm' | sed 's/^\.It Cm //' >>"$work/top_keys_documented"
same "top level of a project file" top_keys top_keys_documented

# The names of the feature language, from the catalogue.
for table in aggregate function; do
  sed -n "/^const churn_$table churn_/,/^};/s/^    {\"\([a-z0-9_]*\)\", CHURN.*/\1/p" "$source/src/feature/catalogue.c" \
    >"$work/${table}s"
done
section Aggregates '^[.]S[hs]' | sed -n 's/^\.It Ic //p' >"$work/aggregates_documented"
section Functions '^[.]S[hs]' | sed -n 's/^\.It Ic //p' >"$work/functions_documented"
same aggregates aggregates aggregates_documented
same functions functions functions_documented

tr '\n' ' ' <"$work/help" | sed 's/.*Exit codes: //' | tr ',' '\n' | sed -n 's/^ *\([0-9][0-9]*\) .*/\1/p' >"$work/codes"
section "EXIT STATUS" '^[.]Sh' | sed -n 's/^\.It \([0-9]*\)$/\1/p' >"$work/codes_documented"
same "exit codes" codes codes_documented

grep -n '[[:space:]]$' "$manual" && fail "the manual has blanks at line ends"
grep -q '@' "$page" && fail "$page: something was not filled in"
linted=no
if command -v mandoc >/dev/null; then
  linted=yes
  mandoc -Tlint -W warning "$page" || fail "mandoc -Tlint has something to say"
fi
if command -v groff >/dev/null; then
  linted=yes
  groff -mdoc -Tutf8 -K utf8 -ww -rLL=80n -z "$page" >"$work/groff" 2>&1
  [ -s "$work/groff" ] && fail "groff has something to say: $(head -5 "$work/groff")"
fi
[ $linted = no ] && echo "neither mandoc nor groff is there: the manual is not linted"
exit $status
