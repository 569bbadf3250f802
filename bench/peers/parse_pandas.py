#!/usr/bin/env python3
"""parse_pandas.py FILE: id,date,channel, typed; the sums of bench_parse and `time call SECONDS`. Categories are pandas' cheapest way to texts.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import sys
import time

import numpy
import pandas

start = time.perf_counter()
frame = pandas.read_csv(sys.argv[1], dtype={"customer_id": "category", "date": "category", "channel": "category"})
# Each distinct day is parsed once.
days = pandas.to_datetime(frame["date"].cat.categories, format="%Y-%m-%d").values.astype("datetime64[D]").astype(numpy.int64)
days = days[frame["date"].cat.codes]
taken = time.perf_counter() - start

lengths = frame["customer_id"].cat.categories.str.len().values
print("rows %d\ndays %d\nid_bytes %d" % (len(frame), days.sum(), lengths[frame["customer_id"].cat.codes].sum()))
for level, rows in sorted(frame["channel"].value_counts().items()):
    print("level %s %d" % (level, rows))
print("time call %.6f" % taken)
