# Shared by the tests of pages, behind lib.sh: a browser without a window, and scripts put into a page.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
chromium=$(command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || true)

# The document that stands in a page.
inside() { awk '/id="data">/ { inside = 1 } inside' "$1" | sed 's/.*id="data">//; /<\/script>/,$ { s/<\/script>.*//; q }' | sed 's/\\u003c/</g' | head -c -1; }

# scripts PAGE: how many elements of that name it has.
scripts() { grep -o '</script' "$1" | wc -l; }

# with_script PAGE SCRIPT: the page with a script more, under the page's own nonce.
with_script() {
  local nonce
  nonce=$(grep -o 'nonce-[0-9a-f]*' "$1" | head -1 | cut -d- -f2)
  sed '/<\/body>/,$d' "$1"
  printf '<script nonce="%s">\n' "$nonce"
  sed "s/SCRIPTS/$(($(scripts "$1") + 1))/" "$2"
  printf '</script>\n</body>\n</html>\n'
}

# browse PAGE SIZE OPTION…: what the options print is `dom`.
browse() {
  local page=$1 size=$2
  shift 2
  "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile" --enable-logging=stderr --v=0 --log-net-log="$work/net" \
    --window-size="$size" --virtual-time-budget=20000 "$@" "file://$work/$page" >dom 2>console </dev/null || fail "the browser ended badly"
}

# What a page asked the network for, of the browser's own record; the browser asks for things of its own beside.
asked() { grep -oE 'site=file://[^"]*","url":"(https?|wss?|ftp):[^"]*' "$work/net"; }

# works PAGE SCRIPT SAYS SIZE…: in windows of these sizes the page with the script ends up saying that, and nothing else happens.
works() {
  local page=$1 script=$2 says=$3
  shift 3
  if [ -z "$chromium" ]; then skip "no chromium"; return; fi
  with_script "$page" "$script" >checked.html
  for size in "$@"; do
    browse checked.html "$size" --dump-dom
    grep -q "$says" dom || fail "$size: $(grep -o '<p>CHECKED.*' dom | head -c 900)"
    ! grep -E 'CONSOLE' console || fail "$size: the console has something to say"
    ! asked || fail "$size: it asked for something"
  done
}
