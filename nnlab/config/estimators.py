"""The estimators of scikit-learn that an experiment can use as a baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import Contradiction, Count, NonNegative, Positive
from nnlab.config.models import ModelConfig

# Enough for any table; a stranger's run must not ask for a billion trees.
Trees = Annotated[int, Field(ge=1, le=100_000)]
ShareOfFeatures = Annotated[float, Field(gt=0, le=1)]
TASK_STRATEGIES = {
    "classification": ("prior", "most_frequent", "stratified", "uniform"),
    "regression": ("mean", "median"),
}
# How an experiment trains what scikit-learn fits in one go, on all rows in their order.
TRAINING = {"epochs": 1, "batch_size": "full", "shuffle": False, "precision": "float64"}

# Scikit-learn learns targets in their own unit; these data sets can standardise them.
TABLES = {"csv", "npz", "arrow_folder"}
RAW_TARGET = {"standardize_target": False}


class EstimatorConfig(ModelConfig):
    """An estimator of scikit-learn, whose options are the other fields.

    Attributes:
        takes_class_weight: Whether ``fit`` takes a weight for each example.
        is_random: Whether another seed gives another fit.
    """

    builder: ClassVar[str] = "nnlab.models.estimators:build"
    is_estimator: ClassVar[bool] = True
    takes_class_weight: ClassVar[bool] = True
    is_random: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """Name of the estimator."""
        return str(type(self).model_fields["estimator"].default)

    def options(self, task: str) -> dict[str, Any]:
        """Return the keyword arguments of scikit-learn's class for a task."""
        return self.model_dump(exclude={"name", "estimator"})


class RandomForestConfig(EstimatorConfig):
    """Scikit-learn: random forest: the mean of many trees, each grown on a resample of the rows."""

    is_random: ClassVar[bool] = True
    name: Literal["sklearn"] = "sklearn"
    estimator: Literal["random_forest"] = "random_forest"
    """The estimator."""
    n_estimators: Trees = 100
    """Trees."""
    max_depth: Count | None = None
    """Maximum depth of a tree; none: until its leaves are pure."""
    min_samples_leaf: Count = 1
    """Minimum number of training examples in a leaf."""
    max_features: Literal["sqrt", "log2"] | ShareOfFeatures | None = None
    """Features tried at each split; none: sqrt for classes, all for numbers, as in scikit-learn."""

    def options(self, task: str) -> dict[str, Any]:
        """Return the keyword arguments; see ``EstimatorConfig``."""
        usual = "sqrt" if task == "classification" else 1.0
        return {**super().options(task), "max_features": self.max_features or usual}


class GradientBoostingConfig(EstimatorConfig):
    """Scikit-learn: gradient boosting of trees on binned features (HistGradientBoosting)."""

    name: Literal["sklearn"] = "sklearn"
    estimator: Literal["gradient_boosting"] = "gradient_boosting"
    """The estimator."""
    learning_rate: Positive = 0.1
    """Factor of each tree's values."""
    max_iter: Trees = 100
    """Trees, per class if there are more than two."""
    max_leaf_nodes: Annotated[int, Field(ge=2, le=10**6)] | None = 31
    """Maximum number of leaves of a tree; none: no limit."""
    max_depth: Count | None = None
    """Maximum depth of a tree; none: no limit."""
    min_samples_leaf: Count = 20
    """Minimum number of training examples in a leaf."""
    l2_regularization: NonNegative = 0.0
    """L2 penalty on the values of the leaves."""
    early_stopping: Literal["auto"] | bool = "auto"
    """Stop when a tenth of the training rows no longer improves; auto: above 10,000 rows."""


class KNNConfig(EstimatorConfig):
    """Scikit-learn: the nearest neighbours among the training rows vote, or are averaged."""

    takes_class_weight: ClassVar[bool] = False
    name: Literal["sklearn"] = "sklearn"
    estimator: Literal["knn"] = "knn"
    """The estimator."""
    n_neighbors: Count = 5
    """Neighbours."""
    weights: Literal["uniform", "distance"] = "uniform"
    """Whether all neighbours count the same, or by the inverse of their distance."""
    p: Annotated[float, Field(ge=1, le=100)] = 2.0
    """Power of the Minkowski distance; 2: Euclidean, 1: sum of absolute differences."""


class SVMConfig(EstimatorConfig):
    """Scikit-learn: support vector machine; probabilities are calibrated on five folds (Platt)."""

    name: Literal["sklearn"] = "sklearn"
    estimator: Literal["svm"] = "svm"
    """The estimator."""
    C: Positive = 1.0
    """Inverse strength of the penalty."""
    kernel: Literal["linear", "poly", "rbf", "sigmoid"] = "rbf"
    """Kernel."""
    gamma: Literal["scale", "auto"] | Positive = "scale"
    """Width of the kernel: exp(-gamma |a - b|^2); scale: 1 / (features x variance)."""
    degree: Annotated[int, Field(ge=1, le=20)] = 3
    """Degree of the polynomial kernel."""
    epsilon: NonNegative = 0.1
    """Errors up to this size cost nothing, in a regression."""

    def options(self, task: str) -> dict[str, Any]:
        """Return the keyword arguments; only a regression has ``epsilon``."""
        options = super().options(task)
        if task == "classification":
            del options["epsilon"]
        return options

    def idle_fields(self, task: str) -> Iterator[tuple[str, str]]:
        """Yield the options of another kernel or task."""
        if self.kernel != "poly":
            yield "degree", f"it is for kernel: poly, and kernel is {self.kernel}"
        if self.kernel == "linear":
            yield "gamma", "the linear kernel has no width"
        if task == "classification":
            yield "epsilon", "it is for a regression"


class DummyConfig(EstimatorConfig):
    """Scikit-learn: a constant that ignores the inputs: what any model has to beat."""

    name: Literal["sklearn"] = "sklearn"
    estimator: Literal["dummy"] = "dummy"
    """The estimator."""
    strategy: (
        Literal["prior", "most_frequent", "stratified", "uniform", "mean", "median"] | None
    ) = None
    """What it predicts; none: prior for classes, mean for numbers, as in scikit-learn."""

    def options(self, task: str) -> dict[str, Any]:
        """Return the keyword arguments; see ``EstimatorConfig``."""
        return {"strategy": self.strategy or TASK_STRATEGIES[task][0]}

    def contradictions_with(self, task: str) -> Iterator[Contradiction]:
        """Yield a strategy of the other task."""
        known = TASK_STRATEGIES[task]
        if self.strategy is not None and self.strategy not in known:
            text = f"{self.strategy} is not for {task}; use {', '.join(known)}"
            yield ("strategy",), text


AnyEstimator = Annotated[
    RandomForestConfig | GradientBoostingConfig | KNNConfig | SVMConfig | DummyConfig,
    Field(discriminator="estimator"),
]
