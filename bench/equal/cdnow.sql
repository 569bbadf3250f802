-- The features of datasets/cdnow.yaml. Known at t is what happened before t; the base is whoever bought before t.
--
-- SPDX-License-Identifier: GPL-3.0-or-later
WITH purchases AS (
  SELECT customer_id AS id, strptime(date, '%Y%m%d')::DATE AS day, value::DOUBLE AS value
  FROM read_csv('cdnow.csv', header = true, all_varchar = true)),
first_seen AS (SELECT id, min(day) AS joined FROM purchases GROUP BY id),
snapshots AS (SELECT unnest(generate_series(DATE '1997-05-01', DATE '1997-10-01', INTERVAL 1 MONTH))::DATE AS t),
per_row AS (
  SELECT id, t, joined, day, value, t - day AS age FROM first_seen JOIN purchases USING (id), snapshots WHERE joined < t)
SELECT id AS customer_id, t AS as_of,
  CASE WHEN t + 92 <= (SELECT max(day) + 1 FROM purchases) THEN (count(*) FILTER (day >= t AND day < t + 92) = 0)::INTEGER END AS churned,
  count(*) FILTER (age BETWEEN 1 AND 30) AS purchases_30d,
  coalesce(sum(value) FILTER (age BETWEEN 1 AND 30), 0) AS spend_30d,
  avg(value) FILTER (age BETWEEN 1 AND 30) AS mean_spend_30d,
  count(*) FILTER (age BETWEEN 1 AND 90) AS purchases_90d,
  coalesce(sum(value) FILTER (age BETWEEN 1 AND 90), 0) AS spend_90d,
  avg(value) FILTER (age BETWEEN 1 AND 90) AS mean_spend_90d,
  count(*) FILTER (age BETWEEN 1 AND 180) AS purchases_180d,
  coalesce(sum(value) FILTER (age BETWEEN 1 AND 180), 0) AS spend_180d,
  avg(value) FILTER (age BETWEEN 1 AND 180) AS mean_spend_180d,
  count(*) FILTER (age >= 1) AS purchases,
  min(age) FILTER (age >= 1) AS days_since_purchase,
  t - joined AS tenure_days,
  max(value) FILTER (age >= 1) AS max_spend
FROM per_row GROUP BY id, t, joined ORDER BY id, t
