#!/usr/bin/env bash
# The page of a comparison: it holds what --json prints, no text in it can break out, and a browser shows it without a word of complaint.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
cp -r "$here/../../datasets/sample" "$work/sample"
cd "$work" || exit 1
# Names in other scripts, and a text that would end the element it stands in and run.
awk '/^features:/ { print; print "  \"`解約 הסיכון <b>`\": count(engagements where channel = \"</script><img src=x onerror=console.error(1)>\")"; next }
     /^feature_sets:/ { print; print "  全部 الكل: [\"*\"]"; next } { print }' sample/churn.yaml >sample/hostile.yaml

begin "the page holds the bytes of --json"
run 0 compare sample/hostile.yaml --no-record --html page.html --json
awk '/id="data">/ { inside = 1 } inside' page.html | sed 's/.*id="data">//; /<\/script>/,$ { s/<\/script>.*//; q }' >inside
sed 's/\\u003c/</g' inside | head -c -1 >data.json
printf '\n' >>data.json
same out data.json
grep -q '</script><img' out || fail "the hostile text is not in the comparison"
[ "$(grep -o '</script' page.html | wc -l)" -eq 3 ] || fail "a text ends its element"

begin "the page asks for nothing from elsewhere and carries Chart.js's licence"
grep -qF "default-src 'none'" page.html || fail "no policy"
! grep -E '<(script|link|img|iframe)[^>]*(src|href)=' page.html | grep -v 'u003c' || fail "an element with an address"
grep -q "Permission is hereby granted" page.html || fail "no licence"

begin "a browser shows it: every figure is one of --json, no error in its console, no wider than the window"
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ]; then
  skip "no chromium"
else
  sed "s|</body>|<script>$(sed 's/[&|\\]/\\&/g' "$here/page_check.js" | tr '\n' ' ')</script></body>|" page.html >checked.html
  for size in 1200,1600 500,900; do
    "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
      --disable-component-update --disable-sync --user-data-dir="$work/profile" --enable-logging=stderr --v=0 \
      --window-size=$size --dump-dom "file://$work/checked.html" >dom 2>console </dev/null || fail "the browser ended badly"
    grep -q "CHECKED many WRONG 0 WIDE false BLANK 0 IMAGES 0 TABLES true" dom || fail "$size: $(grep -o '<p>CHECKED.*' dom | head -c 300)"
    ! grep -E 'CONSOLE' console || fail "$size: the console has something to say"
  done
fi

finish
