// What the DuckDB scripts share: a connection in memory, and a CSV file with stated types as a table expression.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { DuckDBInstance } from "@duckdb/node-api";

export async function connect() {
  const instance = await DuckDBInstance.create(":memory:", { threads: process.env.OMP_NUM_THREADS || "2" });
  return instance.connect();
}

// columns: {HEADING: TYPE} of every column of the file, in file order. `more` are further options of read_csv.
export function csv(path, columns, more = "") {
  const types = Object.entries(columns).map(([name, type]) => `'${name}': '${type}'`);
  return `read_csv('${path}', header=true, auto_detect=false, delim=',', quote='"', columns={${types.join(", ")}}${more})`;
}

export async function rows(connection, query) {
  return (await connection.runAndReadAll(query)).getRows();
}

export const seconds = (start) => ((performance.now() - start) / 1000).toFixed(6);
