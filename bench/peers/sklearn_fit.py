#!/usr/bin/env python3
"""sklearn_fit.py fit|cross_validate lbfgs|newton-cholesky|liblinear MATRIX COEFFICIENTS [OURS]

scikit-learn on the matrix of make_matrix. Prints `time NAME SECONDS`; the file gets a line a model for bench_judge.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import sys
import time

import numpy
import scipy.optimize
from sklearn.linear_model import LogisticRegression

FOLDS = 10


def lift_hidden_stop():
    """lbfgs also stops when the loss hardly falls (scipy's ftol), which scikit-learn gives no way to set."""
    minimise = scipy.optimize.minimize

    def without_ftol(*arguments, **named):
        if named.get("method") == "L-BFGS-B":
            named["options"] = dict(named["options"], ftol=0.0)
        return minimise(*arguments, **named)

    scipy.optimize.minimize = without_ftol


def read_matrix(path):
    rows, columns = (int(size) for size in numpy.fromfile(path, dtype=numpy.uint64, count=2))
    values = numpy.fromfile(path, dtype=numpy.float64, offset=16)
    return values[:rows * columns].reshape(columns, rows).T, values[rows * columns:]


def fit(solver, x, y):
    # Up to scikit-learn 1.3 lbfgs tests the gradient of the summed loss, newton-cholesky that of the mean.
    tolerance = 1e-8 * (len(y) if solver == "lbfgs" else 1)
    if solver == "liblinear":
        # Always has a ridge, on the intercept too: so slight a one (1 / C) that the loss is the same to 1e-10.
        model = LogisticRegression(solver=solver, C=1e6, tol=1e-8, max_iter=1000).fit(x, y)
    else:
        model = LogisticRegression(solver=solver, penalty=None, tol=tolerance, max_iter=1000).fit(x, y)
    return [0.0, model.intercept_[0], *model.coef_[0]]


def main():
    stage, solver, path, out = sys.argv[1:5]
    lift_hidden_stop()
    x, y = read_matrix(path)
    x = numpy.ascontiguousarray(x)  # as LogisticRegression wants it; else it copies inside the timed call
    fit(solver, x[:5000], y[:5000])  # what is imported at the first call is not timed
    start = time.perf_counter()
    if stage == "fit":
        models = [fit(solver, x, y)]
    else:
        fold = numpy.arange(len(y)) % FOLDS
        models = [fit(solver, x[fold != held_out], y[fold != held_out]) for held_out in range(FOLDS)]
    print("time call %.6f" % (time.perf_counter() - start))
    numpy.savetxt(out, models, fmt="%.17g")


main()
