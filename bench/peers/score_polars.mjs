// node score_polars.mjs FLAT.csv MODEL.json OUT.csv [TOP]: id and probability, highest first; the first TOP of them. Streaming engine.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import pl from "nodejs-polars";

const [flat, path, out, top] = process.argv.slice(2);
const model = JSON.parse(readFileSync(path, "utf8"));
const schema = { id: pl.Int64, ...Object.fromEntries(model.columns.map((c) => [c.name, pl.Float64])), churned: pl.Int32 };
let eta = pl.lit(model.intercept.estimate);
for (const column of model.columns) eta = eta.plus(pl.col(column.name).mul(pl.lit(column.estimate)));
const p = pl.lit(1).div(pl.lit(1).plus(pl.lit(0).minus(eta).exp())).alias("p");
const ranked = pl.scanCSV(flat, { schema }).select(pl.col("id"), p).sort("p", true);
const listed = top ? ranked.limit(Number(top)) : ranked;
(await listed.collect({ engine: "streaming" })).writeCSV(out);
