#!/usr/bin/env python3
"""compare_sklearn.py FLAT.csv FOLDS SETS SOLVER JOBS: scikit-learn's cross_validate (cross_val_score with two scores) of sets of columns.

FOLDS: a file with the fold of each row. SETS: a file with the columns of one set a line. Prints `time read SECONDS`, `time call SECONDS` of all
sets, and for each set `log_loss SET VALUE` over all rows and `auc SET FOLD VALUE`.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import sys
import time
import warnings

import numpy
import pandas
import scipy.optimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_validate

minimise = scipy.optimize.minimize


def without_ftol(*arguments, **named):
    """lbfgs also stops when the loss hardly falls (scipy's ftol), which scikit-learn gives no way to set."""
    if named.get("method") == "L-BFGS-B":
        named["options"] = dict(named["options"], ftol=0.0)
    return minimise(*arguments, **named)


class Regression(LogisticRegression):
    """In whatever process the fit runs."""

    def fit(self, x, y, sample_weight=None):
        scipy.optimize.minimize = without_ftol
        return super().fit(x, y, sample_weight)


flat, folds_path, sets_path, solver, jobs = sys.argv[1:6]
warnings.simplefilter("ignore", FutureWarning)
begun = time.perf_counter()
rows = pandas.read_csv(flat, dtype=numpy.float64)
print("time read", time.perf_counter() - begun)
folds = numpy.loadtxt(folds_path, dtype=int)
with open(sets_path, encoding="utf-8") as file:
    sets = [line.split() for line in file if line.strip()]
y = rows["churned"].to_numpy()
sizes = numpy.bincount(folds)

spent = 0.0
results = []
for names in sets:
    x = rows[names].to_numpy()
    begun = time.perf_counter()
    model = Regression(penalty="none", solver=solver, tol=1e-8, max_iter=10000)
    results.append(cross_validate(model, x, y, cv=PredefinedSplit(folds), scoring=["neg_log_loss", "roc_auc"], n_jobs=int(jobs)))
    spent += time.perf_counter() - begun
print("time call", spent)
for number, scores in enumerate(results):
    print("log_loss", number, -numpy.average(scores["test_neg_log_loss"], weights=sizes))
    for fold, area in enumerate(scores["test_roc_auc"]):
        print("auc", number, fold, area)
