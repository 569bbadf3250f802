// node equal_duckdb.mjs QUERY.sql FOLDER OUT.csv: the query's rows as CSV; the files that it names are in FOLDER.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { chdir } from "node:process";
import { connect } from "./duckdb.mjs";

const [path, folder, out] = process.argv.slice(2);
const query = readFileSync(path, "utf8");
const connection = await connect();
chdir(folder);
await connection.run(`COPY (${query}) TO '${out}' (HEADER)`);
