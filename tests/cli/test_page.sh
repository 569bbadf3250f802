#!/usr/bin/env bash
# The page of a comparison: it holds what --json prints, no text in it can break out, and a browser shows it without a word of complaint.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
# shellcheck source=tests/cli/browser.sh
. "$here/browser.sh"
cp -r "$here/../../datasets/sample" "$work/sample"
cd "$work" || exit 1
# Names in other scripts, and a text that would end the element it stands in and run.
awk '/^features:/ { print; print "  \"`解約 הסיכון <b>`\": count(engagements where channel = \"</script><img src=x onerror=console.error(1)>\")"; next }
     /^feature_sets:/ { print; print "  全部 الكل: [\"*\"]"; next } { print }' sample/churn.yaml >sample/hostile.yaml

begin "the page holds the bytes of --json"
run 0 compare sample/hostile.yaml --no-record --html page.html --json
inside page.html >data.json
printf '\n' >>data.json
same out data.json
grep -q '</script><img' out || fail "the hostile text is not in the comparison"
[ "$(scripts page.html)" -eq 5 ] || fail "a text ends its element"

begin "the page asks for nothing from elsewhere and carries Chart.js's licence"
grep -qF "default-src 'none'" page.html || fail "no policy"
! grep -E '<(script|link|img|iframe)[^>]*(src|href)=' page.html | grep -v 'u003c' || fail "an element with an address"
grep -q "Permission is hereby granted" page.html || fail "no licence"

begin "a browser shows it: every figure is one of --json, no error in its console, no wider than the window"
works page.html "$here/page_check.js" "CHECKED many WRONG 0 WIDE false BLANK 0 IMAGES 0 TABLES true" 1200,1600 500,900

finish
