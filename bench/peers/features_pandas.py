#!/usr/bin/env python3
"""features_pandas.py WORLD OUT.csv: the features of bench/features.yaml, one row a row of labels.csv, ordered by customer.

Merges and groupbys, as the manual teaches them.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import sys

import pandas

WINDOWS = (30, 90, 180, 365)
world, out = sys.argv[1:3]
key = "customer_id"


def read(file, columns, days):
    return pandas.read_csv(f"{world}/{file}", usecols=columns, parse_dates=days)


def known(rows, day):
    """Rows known before the customer's as-of day, with their age in days."""
    rows = rows.merge(as_of, on=key)
    rows = rows[rows[day] < rows.as_of]
    return rows.assign(age=(rows.as_of - rows[day]).dt.days)


def counts(prefix, rows):
    for window in WINDOWS:
        table[f"{prefix}_{window}"] = rows[rows.age <= window].groupby(key).size()


labels = read("labels.csv", None, ["as_of"]).merge(read("customers.csv", [key, "signup_date"], ["signup_date"]), on=key)
as_of = labels[[key, "as_of"]]
table = labels.set_index(key).sort_index()
table["tenure"] = (table.as_of - table.signup_date).dt.days

rows = known(read("interactions.csv", [key, "date"], ["date"]), "date")
counts("int", rows)
table["int_since"] = rows.groupby(key).age.min()

rows = known(read("complaints.csv", [key, "opened_at", "closed_at"], ["opened_at", "closed_at"]), "opened_at")
counts("cmp", rows)
solved = rows[(rows.age <= 365) & (rows.closed_at < rows.as_of)]
table["res_mean_365"] = (solved.closed_at - solved.opened_at).dt.days.groupby(solved[key]).mean()
table["cmp_open"] = rows[~(rows.closed_at < rows.as_of)].groupby(key).size()

rows = read("rep_assignments.csv", [key, "start_date"], ["start_date"])
rows = known(rows[rows.start_date > rows.groupby(key).start_date.transform("min")], "start_date")
table["rep_chg_365"] = rows[rows.age <= 365].groupby(key).size()
table["rep_since"] = rows.groupby(key).age.min()

rows = known(read("prices.csv", None, ["effective_date"]), "effective_date").sort_values("effective_date")
last = rows.groupby(key).last()
table["tier"] = last.tier
table["fee"] = last.monthly_fee
table["fee_chg_180"] = last.monthly_fee - rows[rows.age > 180].groupby(key).monthly_fee.last()

rows = known(read("invoices.csv", [key, "issued", "due", "paid"], ["issued", "due", "paid"]), "issued")
table["unpaid"] = rows[(rows.due < rows.as_of) & ~(rows.paid < rows.as_of)].groupby(key).size()
rows = rows[rows.paid < rows.as_of]
rows["late"] = (rows.paid - rows.due).dt.days
for name in ("mean", "max"):
    for window in WINDOWS:
        table[f"pay_{name}_{window}"] = rows[rows.age <= window].groupby(key).late.agg(name)

zero = [f"{prefix}_{window}" for prefix in ("int", "cmp") for window in WINDOWS] + ["cmp_open", "rep_chg_365", "unpaid"]
table[zero] = table[zero].fillna(0).astype(int)
table["churned"] = table.churned.astype("Int64")
columns = ["as_of", "churned", "tenure", *(f"int_{w}" for w in WINDOWS), "int_since", *(f"cmp_{w}" for w in WINDOWS), "res_mean_365", "cmp_open",
           "rep_chg_365", "rep_since", "tier", "fee", "fee_chg_180", *(f"pay_mean_{w}" for w in WINDOWS), *(f"pay_max_{w}" for w in WINDOWS), "unpaid"]
table[columns].to_csv(out, date_format="%Y-%m-%d")
