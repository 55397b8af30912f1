"""scikit-learn's logistic regression by L-BFGS, on nnlab's training examples."""

from __future__ import annotations

import time

from sklearn.linear_model import LogisticRegression

from benchmarks.contenders.common import answer, arguments
from benchmarks.contenders.logistic import load_parts, objective, options

job, _ = arguments()
train_inputs, train_targets, test_inputs, test_targets = load_parts(job)
given = options(job)
solver = LogisticRegression(C=given.C, max_iter=given.max_iter, tol=given.tolerance_grad)
start = time.perf_counter()
solver.fit(train_inputs, train_targets)
seconds = time.perf_counter() - start
value = objective(solver.coef_, solver.intercept_, train_inputs, train_targets, given.C)
answer([seconds], [0.0], solver.score(test_inputs, test_targets), objective=value)
