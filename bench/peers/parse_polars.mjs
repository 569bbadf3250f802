// node parse_polars.mjs scan|load FILE: id,date,channel, typed; the sums of bench_parse and `time call SECONDS`.
//
// scan adds up while it reads (streaming engine) and keeps nothing; load makes a frame, which is added up after the clock stopped.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import pl from "nodejs-polars";

const [mode, file] = process.argv.slice(2);
const { col } = pl;
const schema = { customer_id: pl.Utf8, date: pl.Date, channel: pl.Utf8 };
const sums = (frame) => frame.groupBy("channel").agg(
  col("date").count().cast(pl.Int64).alias("rows"),
  col("date").cast(pl.Int32).cast(pl.Int64).sum().alias("days"),
  col("customer_id").str.lengths().cast(pl.Int64).sum().alias("id_bytes")).sort("channel");

const start = performance.now();
const lazy = pl.scanCSV(file, { schema });
let frame = await (mode === "load" ? lazy : sums(lazy)).collect({ engine: "streaming" });
const taken = ((performance.now() - start) / 1000).toFixed(6);
if (mode === "load") frame = await sums(frame.lazy()).collect();

const total = (name) => frame.getColumn(name).sum();
for (const name of ["rows", "days", "id_bytes"]) console.log(`${name} ${total(name)}`);
for (const row of frame.toRecords()) console.log(`level ${row.channel} ${row.rows}`);
console.log(`time call ${taken}`);
