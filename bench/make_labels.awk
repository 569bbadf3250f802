# customers.csv of `churn simulate` in, labels.csv out: one as-of day a customer, spread over the world's last 18 months, brought forward to the day of
# leaving and put off past the day of joining.   awk -F, -f make_labels.awk customers.csv
#
# SPDX-License-Identifier: GPL-3.0-or-later
BEGIN { print "customer_id,as_of,churned" }
NR > 1 {
  month = 6 + (NR * 7919) % 18
  day = sprintf("%d-%02d-%02d", 2024 + int(month / 12), 1 + month % 12, 1 + (NR * 104729) % 28)
  if (day <= $2) day = "2026-01-01"
  left = $3 != "" && $3 <= day
  if (left) day = $3
  if ($2 < day) print $1 "," day "," left
}
