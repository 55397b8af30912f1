"""scikit-learn's logistic regression by L-BFGS, on nnlab's training examples."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression

from benchmarks.contenders.common import answer, arguments, clock
from benchmarks.contenders.logistic import load_parts, objective, options

job, _ = arguments()
train_inputs, train_targets, test_inputs, test_targets = load_parts(job)
given = options(job)
solver = LogisticRegression(C=given.C, max_iter=given.max_iter, tol=given.tolerance_grad)
start = clock()
solver.fit(train_inputs, train_targets)
spent = clock() - start
value = objective(solver.coef_, solver.intercept_, train_inputs, train_targets, given.C)
answer([spent], [0.0], solver.score(test_inputs, test_targets), objective=value)
