// node parse_duckdb.mjs scan|load FILE: id,date,channel, typed; the sums of bench_parse and `time call SECONDS`.
//
// scan adds up while it reads and keeps nothing; load makes a table, which is added up after the clock stopped.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { connect, csv, rows, seconds } from "./duckdb.mjs";

const [mode, file] = process.argv.slice(2);
const connection = await connect();
const source = csv(file, { customer_id: "VARCHAR", date: "DATE", channel: "VARCHAR" });
const sums = (from) => `SELECT channel, count(*), sum(date - DATE '1970-01-01')::BIGINT, sum(strlen(customer_id))::BIGINT FROM ${from}
  GROUP BY channel ORDER BY channel`;

const start = performance.now();
if (mode === "load") await connection.run(`CREATE TABLE t AS SELECT * FROM ${source}`);
let levels = mode === "load" ? [] : await rows(connection, sums(source));
const taken = seconds(start);
if (mode === "load") levels = await rows(connection, sums("t"));

const total = (k) => levels.reduce((sum, level) => sum + level[k], 0n);
console.log(`rows ${total(1)}\ndays ${total(2)}\nid_bytes ${total(3)}`);
for (const level of levels) console.log(`level ${level[0]} ${level[1]}`);
console.log(`time call ${taken}`);
