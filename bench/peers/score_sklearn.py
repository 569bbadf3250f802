#!/usr/bin/env python3
"""score_sklearn.py FLAT.csv MODEL.json OUT.csv [TOP]: id and probability, highest first, by pandas and LogisticRegression.predict_proba; the first
TOP of them.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import json
import sys

import numpy
import pandas
from sklearn.linear_model import LogisticRegression

flat, path, out = sys.argv[1:4]
with open(path, encoding="utf-8") as file:
    model = json.load(file)
names = [column["name"] for column in model["columns"]]
regression = LogisticRegression()
regression.classes_ = numpy.array([0, 1])
regression.intercept_ = numpy.array([model["intercept"]["estimate"]])
regression.coef_ = numpy.array([[column["estimate"] for column in model["columns"]]])

rows = pandas.read_csv(flat, usecols=["id", *names], dtype={name: numpy.float64 for name in names})
scores = pandas.DataFrame({"id": rows["id"], "p": regression.predict_proba(rows[names].to_numpy())[:, 1]})
listed = scores.nlargest(int(sys.argv[4]), "p") if len(sys.argv) > 4 else scores.sort_values("p", ascending=False)
listed.to_csv(out, index=False)
