// node features_duckdb.mjs WORLD OUT.csv: the features of bench/features.yaml, one row a row of labels.csv, ordered by customer.
//
// Tables are loaded first: on tables DuckDB knows the sizes and joins the small side, which is faster than joining read_csv.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { connect, csv } from "./duckdb.mjs";

const [world, out] = process.argv.slice(2);
const windows = [30, 90, 180, 365];
const each = (write) => windows.map(write).join(", ");
const connection = await connect();

const files = {
  labels: ["labels.csv", { customer_id: "VARCHAR", as_of: "DATE", churned: "TINYINT" }, "customer_id, as_of, churned"],
  customers: ["customers.csv", { customer_id: "VARCHAR", signup_date: "DATE", closed_date: "DATE", region: "VARCHAR", segment: "VARCHAR",
    employees: "INTEGER" }, "customer_id, signup_date"],
  interactions: ["interactions.csv", { customer_id: "VARCHAR", date: "DATE", channel: "VARCHAR" }, "customer_id, date"],
  complaints: ["complaints.csv", { customer_id: "VARCHAR", opened_at: "DATE", closed_at: "DATE", severity: "TINYINT", category: "VARCHAR" },
    "customer_id, opened_at, closed_at"],
  prices: ["prices.csv", { customer_id: "VARCHAR", effective_date: "DATE", tier: "VARCHAR", monthly_fee: "DOUBLE" },
    "customer_id, effective_date, tier, monthly_fee"],
  reps: ["rep_assignments.csv", { customer_id: "VARCHAR", start_date: "DATE", rep_id: "VARCHAR" }, "customer_id, start_date"],
  invoices: ["invoices.csv", { customer_id: "VARCHAR", issued: "DATE", due: "DATE", paid: "DATE", amount: "DOUBLE" },
    "customer_id, issued, due, paid"],
};
for (const [table, [file, columns, wanted]] of Object.entries(files))
  await connection.run(`CREATE TABLE ${table} AS SELECT ${wanted} FROM ${csv(`${world}/${file}`, columns)}`);

await connection.run(`COPY (WITH
i AS (SELECT customer_id, ${each((w) => `count(*) FILTER (as_of - date <= ${w}) AS int_${w}`)}, min(as_of - date) AS int_since
  FROM interactions JOIN labels USING (customer_id) WHERE date < as_of GROUP BY customer_id),
c AS (SELECT customer_id, ${each((w) => `count(*) FILTER (as_of - opened_at <= ${w}) AS cmp_${w}`)},
  avg(closed_at - opened_at) FILTER (as_of - opened_at <= 365 AND closed_at < as_of) AS res_mean_365,
  count(*) FILTER (closed_at IS NULL OR closed_at >= as_of) AS cmp_open
  FROM complaints JOIN labels USING (customer_id) WHERE opened_at < as_of GROUP BY customer_id),
r AS (SELECT customer_id, count(*) FILTER (as_of - start_date <= 365) AS rep_chg_365, min(as_of - start_date) AS rep_since
  FROM reps JOIN (SELECT customer_id, min(start_date) AS first FROM reps GROUP BY customer_id) USING (customer_id)
  JOIN labels USING (customer_id) WHERE start_date < as_of AND start_date > first GROUP BY customer_id),
p AS (SELECT customer_id, arg_max(tier, effective_date) AS tier, arg_max(monthly_fee, effective_date) AS fee,
  fee - arg_max(monthly_fee, effective_date) FILTER (as_of - effective_date > 180) AS fee_chg_180
  FROM prices JOIN labels USING (customer_id) WHERE effective_date < as_of GROUP BY customer_id),
v AS (SELECT customer_id, ${each((w) => `avg(paid - due) FILTER (paid < as_of AND as_of - issued <= ${w}) AS pay_mean_${w}`)},
  ${each((w) => `max(paid - due) FILTER (paid < as_of AND as_of - issued <= ${w}) AS pay_max_${w}`)},
  count(*) FILTER (due < as_of AND (paid IS NULL OR paid >= as_of)) AS unpaid
  FROM invoices JOIN labels USING (customer_id) WHERE issued < as_of GROUP BY customer_id)
SELECT customer_id, as_of, churned, as_of - signup_date AS tenure,
  ${each((w) => `coalesce(int_${w}, 0) AS int_${w}`)}, int_since,
  ${each((w) => `coalesce(cmp_${w}, 0) AS cmp_${w}`)}, res_mean_365, coalesce(cmp_open, 0) AS cmp_open,
  coalesce(rep_chg_365, 0) AS rep_chg_365, rep_since, tier, fee, fee_chg_180,
  ${each((w) => `pay_mean_${w}`)}, ${each((w) => `pay_max_${w}`)}, coalesce(unpaid, 0) AS unpaid
FROM labels JOIN customers USING (customer_id) LEFT JOIN i USING (customer_id) LEFT JOIN c USING (customer_id)
  LEFT JOIN r USING (customer_id) LEFT JOIN p USING (customer_id) LEFT JOIN v USING (customer_id)
ORDER BY customer_id) TO '${out}' (HEADER)`);
