// node score_duckdb.mjs FLAT.csv MODEL.json OUT.csv [TOP]: id and probability, highest first; the first TOP of them.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { connect, csv } from "./duckdb.mjs";

const [flat, path, out, top] = process.argv.slice(2);
const model = JSON.parse(readFileSync(path, "utf8"));
const columns = { id: "BIGINT", ...Object.fromEntries(model.columns.map((c) => [c.name, "DOUBLE"])), churned: "TINYINT" };
const eta = [`${model.intercept.estimate}::DOUBLE`, ...model.columns.map((c) => `${c.name} * ${c.estimate}::DOUBLE`)].join(" + ");
const connection = await connect();
await connection.run(`COPY (SELECT id, 1 / (1 + exp(-(${eta}))) AS p FROM ${csv(flat, columns)} ORDER BY p DESC${top ? ` LIMIT ${top}` : ""}) TO '${out}' (HEADER)`);
