-- The features of language.yaml. Known at t is what happened before t; what is known_at settled, once it was settled before t.
--
-- SPDX-License-Identifier: GPL-3.0-or-later
WITH invoices AS (
  SELECT customerID AS id, strptime(InvoiceDate, '%m/%d/%Y')::DATE AS day, strptime(DueDate, '%m/%d/%Y')::DATE AS due,
    strptime(SettledDate, '%m/%d/%Y')::DATE AS settled_on, InvoiceAmount::DOUBLE AS amount,
    CASE Disputed WHEN 'Yes' THEN 1 WHEN 'No' THEN 0 END AS was_disputed, DaysLate::DOUBLE AS was_late, PaperlessBill AS bill
  FROM read_csv('accounts_receivable.csv', header = true, all_varchar = true)),
marked AS (
  SELECT *, bill <> lag(bill) OVER (PARTITION BY id ORDER BY day, bill) AS differs, lag(day) OVER (PARTITION BY id ORDER BY day) AS day_before
  FROM invoices),
first_seen AS (SELECT id, min(day) AS joined FROM invoices GROUP BY id),
snapshots AS (SELECT unnest(generate_series(DATE '2012-02-15', DATE '2013-12-15', INTERVAL 10 DAY))::DATE AS t),
base AS (SELECT id, t FROM first_seen, snapshots WHERE joined < t),
known AS (
  SELECT base.*, marked.* EXCLUDE (id, settled_on, was_disputed, was_late), t - day AS age, {'day': day, 'amount': amount} AS dated,
    CASE WHEN settled_on < t THEN settled_on END AS settled,
    CASE WHEN settled_on < t THEN was_disputed END AS disputed, CASE WHEN settled_on < t THEN was_late END AS days_late
  FROM base JOIN marked USING (id) WHERE day < t),
later AS (
  SELECT id, t, count(*) FILTER (day - t BETWEEN 0 AND 19) AS in_gap, count(*) FILTER (day - t BETWEEN 20 AND 64) AS in_window
  FROM base JOIN invoices USING (id) WHERE amount > 85 GROUP BY id, t)
SELECT id AS customer_id, t AS as_of,
  CASE WHEN t + 65 <= (SELECT max(day) + 1 FROM invoices) AND coalesce(in_gap, 0) = 0 THEN (coalesce(in_window, 0) > 0)::INTEGER END AS churned,
  count(disputed) FILTER (age <= 200) AS count_known,
  coalesce(sum(days_late) FILTER (age <= 365 AND amount > 55 AND bill <> 'Paper'), 0) AS sum_where,
  avg(amount) FILTER (age BETWEEN 46 AND 135) AS mean_lagged,
  t - min(due) FILTER (age <= 120) AS min_day,
  max(amount) FILTER (disputed = 1) AS max_where,
  stddev_samp(amount) FILTER (age <= 180) AS std,
  nullif(count(DISTINCT bill) FILTER (age <= 100), 0) AS "distinct",
  nullif(count(DISTINCT days_late), 0) AS distinct_numbers,
  min(dated) FILTER (age <= 300).amount AS first,
  max({'day': day, 'bill': bill}) FILTER (amount < 60).bill AS last,
  max(dated).amount - max(dated) FILTER (age > 75).amount AS change,
  max(dated) FILTER (age > 30).amount - max(dated) FILTER (age > 105).amount AS change_lagged,
  count(*) FILTER (age <= 250 AND differs) AS changes,
  CASE WHEN count(DISTINCT day) FILTER (age <= 180) > 1 THEN regr_slope(amount, -age) FILTER (age <= 180) END AS slope,
  min(age) FILTER (days_late > 3) AS days_since,
  min(age) FILTER (differs) AS days_since_change,
  min(due) FILTER (due >= t) - t AS days_until,
  avg(coalesce(settled, t) - due) FILTER (age <= 365 AND due < t) AS coalesced,
  count(*) FILTER (age <= 60 AND amount > 70) / nullif(count(*) FILTER (age <= 60), 0) AS ratio,
  CASE WHEN count(*) FILTER (age <= 30) >= 2 THEN sum(amount) FILTER (age <= 30) ELSE -min(age) END AS chosen,
  CASE WHEN max(amount) FILTER (age <= 40) > 75.5 THEN 75.5 ELSE max(amount) FILTER (age <= 40) END
    - CASE WHEN abs(max(dated).amount - max(dated) FILTER (age > 40).amount) < 2.25 THEN 2.25
      ELSE abs(max(dated).amount - max(dated) FILTER (age > 40).amount) END AS bounded,
  ln(1 + coalesce(sum(abs(amount - 60)) FILTER (age <= 90), 0)) AS logged,
  count(*) FILTER (age <= 150 AND (bill IN ('Paper', 'Fax') OR amount < 20)) AS either,
  count(*) FILTER (settled IS NULL OR settled > due) AS late_or_open,
  avg(CASE WHEN bill = 'Paper' THEN amount ELSE -amount END) FILTER (age <= 400) AS row_if,
  quantile_cont(amount, 0.85) FILTER (age <= 180) AS quantile,
  median(days_late) AS median,
  avg((days_late > 4)::INTEGER) FILTER (age <= 365) AS share,
  count(DISTINCT day) FILTER (age <= 270 AND amount > 60) AS distinct_days,
  max(day - day_before) FILTER (t - day_before <= 330) AS longest_gap,
  count(*) FILTER (age <= 30) - count(*) FILTER (age BETWEEN 366 AND 395) AS season
FROM known LEFT JOIN later USING (id, t) GROUP BY id, t, in_gap, in_window ORDER BY id, t
