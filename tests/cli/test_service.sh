#!/usr/bin/env bash
# The examples for systemd and cron: units that systemd takes without a word, options that the program has.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
service=$(realpath "$(dirname "$0")/../../src/install/service")
cd "$work" || exit 1
for verb in nightly retrain; do
  sed "s#@CMAKE_INSTALL_FULL_BINDIR@/churn#$churn#" "$service/churn-$verb@.service.in" >churn-$verb@.service
  cp "$service/churn-$verb@.timer" .
done

begin "systemd has nothing to say of service and timer"
if command -v systemd-analyze >/dev/null; then
  for verb in nightly retrain; do
    cp churn-$verb@.service churn-$verb@acme.service
    cp churn-$verb@.timer churn-$verb@acme.timer
    SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no ./churn-$verb@acme.service ./churn-$verb@acme.timer >err 2>&1 ||
      fail "systemd-analyze verify fails"
    grep -q "churn" err && fail "it has something to say"
  done
  sed 's/^NoNewPrivileges=yes/NoNewPrivilege=yes/' churn-nightly@.service >churn-nightly@acme.service
  SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no ./churn-nightly@acme.service >err 2>&1
  grep -q "NoNewPrivilege" err || fail "a key that does not exist goes unnoticed: the check is blind"
  [ "$(systemd-analyze calendar --iterations=1 "$(sed -n 's/^OnCalendar=//p' churn-retrain@.timer)" 2>&1 | grep -c -- '-01 01:15:00 UTC')" -gt 0 ] ||
    fail "the retraining is not on the first of a month"
else
  skip "systemd-analyze is not there (Debian: systemd)"
fi

begin "the services are hardened"
if systemd-analyze security --help 2>/dev/null | grep -q offline; then
  for verb in nightly retrain; do
    SYSTEMD_UNIT_PATH="$work:" systemd-analyze security --offline=true --threshold=20 ./churn-$verb@.service >out 2>err ||
      fail "the exposure of $verb is above 2.0: $(tail -1 out)"
  done
else
  skip "no systemd-analyze that judges a file"
fi

begin "what the examples run is what the program has"
tried=0
while read -r words; do
  # shellcheck disable=SC2086
  run 66 $words
  err_says /srv/churn/
  tried=$((tried + 1))
done < <(sed -n 's/^ExecStart=[^ ]* //p' churn-*@.service
  sed -n 's/^[0-9].*\/churn \(.*\) 2>&1.*/\1/p' "$service/churn.cron.in")
[ $tried -eq 4 ] || fail "$tried command lines"

finish
