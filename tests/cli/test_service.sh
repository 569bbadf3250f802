#!/usr/bin/env bash
# The examples for systemd and cron: units that systemd takes without a word, options that the program has.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
service=$(realpath "$(dirname "$0")/../../src/install/service")
cd "$work" || exit 1
sed "s#@CMAKE_INSTALL_FULL_BINDIR@/churn#$churn#" "$service/churn-nightly@.service.in" >churn-nightly@.service
cp "$service/churn-nightly@.timer" .

begin "systemd has nothing to say of service and timer"
if command -v systemd-analyze >/dev/null; then
  cp churn-nightly@.service churn-nightly@acme.service
  cp churn-nightly@.timer churn-nightly@acme.timer
  SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no ./churn-nightly@acme.service ./churn-nightly@acme.timer >err 2>&1 ||
    fail "systemd-analyze verify fails"
  grep -q "churn" err && fail "it has something to say"
  sed 's/^NoNewPrivileges=yes/NoNewPrivilege=yes/' churn-nightly@.service >churn-nightly@acme.service
  SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no ./churn-nightly@acme.service >err 2>&1
  grep -q "NoNewPrivilege" err || fail "a key that does not exist goes unnoticed: the check is blind"
else
  skip "systemd-analyze is not there (Debian: systemd)"
fi

begin "the service is hardened"
if systemd-analyze security --help 2>/dev/null | grep -q offline; then
  SYSTEMD_UNIT_PATH="$work:" systemd-analyze security --offline=true --threshold=20 ./churn-nightly@.service >out 2>err ||
    fail "its exposure is above 2.0: $(tail -1 out)"
else
  skip "no systemd-analyze that judges a file"
fi

begin "what the examples run is what the program has"
for words in "$(sed -n 's/^ExecStart=[^ ]* //p' churn-nightly@.service)" \
  "$(sed -n 's/^15 3 .*\/churn \(nightly .*\) 2>&1.*/\1/p' "$service/churn.cron.in")"; do
  # shellcheck disable=SC2086
  run 66 $words
  err_says /srv/churn/
done

finish
