// node features_polars.mjs WORLD OUT.csv: the features of bench/features.yaml, one row a row of labels.csv, ordered by customer. Streaming engine.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import pl from "nodejs-polars";

const [world, out] = process.argv.slice(2);
const windows = [30, 90, 180, 365];
const { col, Utf8, Date: Day, Int32, Float64 } = pl;
const key = "customer_id";
const schemas = {
  "labels.csv": { customer_id: Utf8, as_of: Day, churned: Int32 },
  "customers.csv": { customer_id: Utf8, signup_date: Day, closed_date: Day, region: Utf8, segment: Utf8, employees: Int32 },
  "interactions.csv": { customer_id: Utf8, date: Day, channel: Utf8 },
  "complaints.csv": { customer_id: Utf8, opened_at: Day, closed_at: Day, severity: Int32, category: Utf8 },
  "prices.csv": { customer_id: Utf8, effective_date: Day, tier: Utf8, monthly_fee: Float64 },
  "rep_assignments.csv": { customer_id: Utf8, start_date: Day, rep_id: Utf8 },
  "invoices.csv": { customer_id: Utf8, issued: Day, due: Day, paid: Day, amount: Float64 },
};
const scan = (file) => pl.scanCSV(`${world}/${file}`, { schema: schemas[file] });
const number = (day) => col(day).cast(Int32).alias(day);
const labels = scan("labels.csv");
const asOf = labels.select(col(key), number("as_of"));
// Rows known before the customer's as-of day, with their age in days.
const known = (file, days, day, more = []) => scan(file).select(col(key), ...days.map(number), ...more.map((name) => col(name)))
  .join(asOf, { on: key, how: "inner" }).withColumns(col("as_of").minus(col(day)).alias("age")).filter(col("age").gt(0));
const within = (w) => col("age").ltEq(w);
const counts = (prefix) => windows.map((w) => within(w).sum().alias(`${prefix}_${w}`));

const engagements = known("interactions.csv", ["date"], "date").groupBy(key, false).agg(...counts("int"), col("age").min().alias("int_since"));

const closed = col("closed_at").lt(col("as_of"));
const complaints = known("complaints.csv", ["opened_at", "closed_at"], "opened_at").groupBy(key, false).agg(
  ...counts("cmp"),
  col("closed_at").minus(col("opened_at")).filter(within(365).and(closed)).mean().alias("res_mean_365"),
  col("closed_at").isNull().or(col("closed_at").gtEq(col("as_of"))).sum().alias("cmp_open"));

const assignments = scan("rep_assignments.csv").select(col(key), number("start_date"));
const reps = assignments.join(assignments.groupBy(key, false).agg(col("start_date").min().alias("first")), { on: key, how: "inner" })
  .join(asOf, { on: key, how: "inner" }).withColumns(col("as_of").minus(col("start_date")).alias("age"))
  .filter(col("age").gt(0).and(col("start_date").gt(col("first"))))
  .groupBy(key, false).agg(within(365).sum().alias("rep_chg_365"), col("age").min().alias("rep_since"));

const fee = col("monthly_fee");
const prices = known("prices.csv", ["effective_date"], "effective_date", ["tier", "monthly_fee"]).sort("effective_date").groupBy(key, false).agg(
  col("tier").last().alias("tier"), fee.last().alias("fee"), fee.last().minus(fee.filter(col("age").gt(180)).last()).alias("fee_chg_180"));

const paidWithin = (w) => col("paid").lt(col("as_of")).and(within(w));
const late = () => col("paid").minus(col("due"));
const payments = known("invoices.csv", ["issued", "due", "paid"], "issued").groupBy(key, false).agg(
  ...windows.map((w) => late().filter(paidWithin(w)).mean().alias(`pay_mean_${w}`)),
  ...windows.map((w) => late().filter(paidWithin(w)).max().alias(`pay_max_${w}`)),
  col("due").lt(col("as_of")).and(col("paid").isNull().or(col("paid").gtEq(col("as_of")))).sum().alias("unpaid"));

let table = labels.join(scan("customers.csv").select(col(key), number("signup_date")), { on: key, how: "inner" })
  .withColumns(col("as_of").cast(Int32).minus(col("signup_date")).alias("tenure"));
for (const part of [engagements, complaints, reps, prices, payments]) table = table.join(part, { on: key, how: "left" });
const zero = (name) => col(name).fillNull(0).alias(name);
table = table.select(key, "as_of", "churned", "tenure", ...windows.map((w) => zero(`int_${w}`)), col("int_since"),
  ...windows.map((w) => zero(`cmp_${w}`)), col("res_mean_365"), zero("cmp_open"), zero("rep_chg_365"), col("rep_since"), col("tier"), col("fee"),
  col("fee_chg_180"), ...windows.map((w) => col(`pay_mean_${w}`)), ...windows.map((w) => col(`pay_max_${w}`)), zero("unpaid")).sort(key);
(await table.collect({ engine: "streaming" })).writeCSV(out);
