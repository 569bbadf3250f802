-- The features of datasets/ravenstack.yaml. The base is every account that signed up before t; what is dated before the sign-up counts all the same.
--
-- SPDX-License-Identifier: GPL-3.0-or-later
WITH accounts AS (
  SELECT account_id AS id, signup_date::DATE AS joined, industry, referral_source
  FROM read_csv('ravenstack_accounts.csv', header = true, all_varchar = true)),
subscriptions AS (
  SELECT subscription_id, account_id AS id, start_date::DATE AS day, end_date::DATE AS end_date, plan_tier, mrr_amount::DOUBLE AS mrr
  FROM read_csv('ravenstack_subscriptions.csv', header = true, all_varchar = true)),
usage AS (
  SELECT id, usage_date::DATE AS day, feature_name, error_count::DOUBLE AS error_count
  FROM read_csv('ravenstack_feature_usage.csv', header = true, all_varchar = true) JOIN subscriptions USING (subscription_id)),
tickets AS (
  SELECT account_id AS id, submitted_at[:10]::DATE AS day, split_part(closed_at, ' ', 1)::DATE AS closed_at, priority,
    resolution_time_hours::DOUBLE AS hours
  FROM read_csv('ravenstack_support_tickets.csv', header = true, all_varchar = true)),
churn_events AS (
  SELECT account_id AS id, churn_date::DATE AS day FROM read_csv('ravenstack_churn_events.csv', header = true, all_varchar = true)),
data_until AS (
  SELECT max(day) AS newest FROM (
    SELECT day FROM usage UNION ALL SELECT day FROM tickets UNION ALL SELECT day FROM subscriptions UNION ALL SELECT day FROM churn_events)),
snapshots AS (SELECT unnest(generate_series(DATE '2023-07-01', DATE '2024-10-01', INTERVAL 1 MONTH))::DATE AS t),
base AS (SELECT * FROM accounts, snapshots WHERE joined < t),
u AS (
  SELECT id, t, count(*) FILTER (t - day <= 30) AS n30, count(*) FILTER (t - day <= 90) AS n90,
    count(DISTINCT feature_name) FILTER (t - day <= 90) AS features, sum(error_count) FILTER (t - day <= 90) AS errors, min(t - day) AS since
  FROM base JOIN usage USING (id) WHERE day < t GROUP BY id, t),
k AS (
  SELECT id, t, count(*) FILTER (t - day <= 90) AS n90, count(*) FILTER (t - day <= 180 AND priority = 'urgent') AS urgent,
    count(*) FILTER (closed_at IS NULL OR closed_at >= t) AS open, avg(hours) FILTER (t - day <= 365 AND closed_at < t) AS hours
  FROM base JOIN tickets USING (id) WHERE day < t GROUP BY id, t),
s AS (
  SELECT id, t, count(*) FILTER (end_date IS NULL OR end_date >= t) AS active, sum(mrr) FILTER (end_date IS NULL OR end_date >= t) AS mrr,
    max({'day': day, 'tier': plan_tier}).tier AS plan -- of one day, the last in the order of bytes
  FROM base JOIN subscriptions USING (id) WHERE day < t GROUP BY id, t),
e AS (
  SELECT id, t, count(*) FILTER (day < t) AS earlier, count(*) FILTER (day >= t AND day < t + 90) AS next
  FROM base JOIN churn_events USING (id) GROUP BY id, t)
SELECT id AS customer_id, t AS as_of,
  CASE WHEN t + 90 <= newest + 1 THEN (coalesce(next, 0) > 0)::INTEGER END AS churned,
  coalesce(u.n30, 0) AS usage_30d,
  u.n30 / nullif(u.n90 / 3, 0) AS usage_trend,
  nullif(u.features, 0) AS features_used_90d,
  coalesce(u.errors, 0) AS errors_90d,
  u.since AS days_since_usage,
  coalesce(k.n90, 0) AS tickets_90d,
  coalesce(k.urgent, 0) AS urgent_180d,
  coalesce(k.open, 0) AS open_tickets,
  k.hours AS mean_hours_365d,
  coalesce(s.active, 0) AS active_subscriptions,
  coalesce(s.mrr, 0) AS mrr,
  s.plan AS plan,
  coalesce(e.earlier, 0) AS earlier_churns,
  t - joined AS tenure_days,
  industry,
  referral_source AS referral
FROM base LEFT JOIN u USING (id, t) LEFT JOIN k USING (id, t) LEFT JOIN s USING (id, t) LEFT JOIN e USING (id, t), data_until
ORDER BY id, t
