"""Estimators for scikit-learn: its pipelines, searches and cross-validation train nnlab's networks.

>>> from nnlab.sklearn import NNClassifier
>>> model = NNClassifier(hidden_sizes=(32,), seeds=5).fit(X, y)
>>> model.predict_std(X_new)
"""

from __future__ import annotations

from nnlab.sklearn.classifier import NNClassifier
from nnlab.sklearn.regressor import NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]
