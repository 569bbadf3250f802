-- The features of datasets/ar_invoices.yaml. Whether an invoice was settled, and what is known_at settled, is known at t when it was settled before t.
--
-- SPDX-License-Identifier: GPL-3.0-or-later
WITH invoices AS (
  SELECT customerID AS id, strptime(InvoiceDate, '%m/%d/%Y')::DATE AS day, strptime(DueDate, '%m/%d/%Y')::DATE AS due,
    strptime(SettledDate, '%m/%d/%Y')::DATE AS settled, InvoiceAmount::DOUBLE AS amount,
    CASE Disputed WHEN 'Yes' THEN 1 WHEN 'No' THEN 0 END AS disputed, DaysLate::DOUBLE AS days_late, PaperlessBill AS bill
  FROM read_csv('accounts_receivable.csv', header = true, all_varchar = true)),
first_seen AS (SELECT id, min(day) AS joined FROM invoices GROUP BY id),
snapshots AS (SELECT unnest(generate_series(DATE '2012-07-01', DATE '2013-10-01', INTERVAL 1 MONTH))::DATE AS t),
per_row AS (
  SELECT id, t, joined, invoices.* EXCLUDE (id), t - day AS age, settled IS NOT NULL AND settled < t AS is_settled
  FROM first_seen JOIN invoices USING (id), snapshots WHERE joined < t)
SELECT id AS customer_id, t AS as_of,
  CASE WHEN t + 60 <= (SELECT max(day) + 1 FROM invoices) THEN (count(*) FILTER (day >= t AND day < t + 60) = 0)::INTEGER END AS churned,
  count(*) FILTER (age BETWEEN 1 AND 90) AS invoices_90d,
  coalesce(sum(amount) FILTER (age BETWEEN 1 AND 90), 0) AS amount_90d,
  min(age) FILTER (age >= 1) AS days_since,
  avg(days_late) FILTER (age BETWEEN 1 AND 180 AND is_settled) AS mean_days_late,
  avg(disputed) FILTER (age BETWEEN 1 AND 365 AND is_settled) AS disputed_share,
  count(*) FILTER (age >= 1 AND NOT is_settled) AS open_invoices,
  coalesce(sum(amount) FILTER (age >= 1 AND NOT is_settled AND due < t), 0) AS overdue_amount,
  max(t - due) FILTER (age >= 1 AND NOT is_settled AND due < t) AS longest_overdue,
  max({'day': day, 'bill': bill}) FILTER (age >= 1 AND bill IS NOT NULL).bill AS bill, -- of one day, the last in the order of bytes
  t - joined AS tenure_days
FROM per_row GROUP BY id, t, joined ORDER BY id, t
