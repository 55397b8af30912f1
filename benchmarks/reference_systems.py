"""The systems of five teaching documents, and the expected ranges of their results.

The table serves ``python -m benchmarks.reference``, which writes configs/course/README.md, and
tests/reference/test_reference_systems.py. Accuracies are fractions, errors are mean squares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import nnlab
from nnlab.assembly.job import build_job
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from nnlab.storage.folders import Folders

SKLEARN = "scikit-learn"

Reader = Callable[[nnlab.RunDir], list[float]]


@dataclass(frozen=True)
class Measure:
    """A result of a system, and the range it is compared with.

    Where single seeds scatter, the range is that of plain PyTorch's seeds.

    Attributes:
        part: ``train`` or ``test``.
        metric: Metric of that split.
        low: Lower end of the range; None where seeds scatter.
        high: Upper end of the range; None where seeds scatter.
        published: The value printed in the document.
        source: Where ``low`` and ``high`` come from; empty: 20 seeds of plain PyTorch.
        epoch: Epoch after which it is measured; default: the last.
        reader: Reads the value of each seed if it is not a metric of a split.
        name: Name of the value that the reader returns.
    """

    part: str
    metric: str
    low: float | None = None
    high: float | None = None
    published: str = "-"
    source: str = ""
    epoch: int | None = None
    reader: Reader | None = None
    name: str = ""

    @property
    def scatters(self) -> bool:
        """Whether seeds scatter so much that only their distribution can be compared."""
        return self.low is None or self.high is None

    @property
    def label(self) -> str:
        """Name of the measure, in words."""
        after = f" after epoch {self.epoch}" if self.epoch else ""
        return self.name or f"{self.part} {self.metric}{after}"

    def read(self, run: nnlab.RunDir) -> list[float]:
        """Return the value of each replica of a run."""
        if self.reader:
            return self.reader(run)
        if self.epoch:
            records = [record for record in run.metrics if record["epoch"] == self.epoch]
        else:
            records = run.summary["per_seed"]
        return [record[self.part][self.metric] for record in records]


@dataclass(frozen=True)
class System:
    """A row of the documents' list.

    Attributes:
        row: Its name in the list.
        config: The bundled experiment.
        measures: The results to measure.
        overrides: Overrides of the experiment.
        then: The command that shows the value, if training does not.
        is_split_by_seed: Whether each seed is its own run, not a replica.
        has_images: Whether it needs the official archives.
        is_slow: Whether three seeds take more than a minute.
    """

    row: str
    config: str
    measures: tuple[Measure, ...]
    overrides: tuple[str, ...] = ()
    then: str = ""
    is_split_by_seed: bool = False
    has_images: bool = False
    is_slow: bool = False

    def results(self, seeds: Sequence[int], **folders: Path) -> list[list[float]]:
        """Train and return, for each measure, the value of each seed.

        Args:
            seeds: Consecutive seeds.
            folders: ``data_dir`` and ``runs_dir``, as in ``nnlab.train``.
        """
        step = 1 if self.is_split_by_seed else len(seeds)
        runs = [
            nnlab.train(self.config, [*self.overrides, f"train.seed={seed}"], seeds=step, **folders)
            for seed in seeds[::step]
        ]
        return [[v for run in runs for v in measure.read(run)] for measure in self.measures]


def gap(run: nnlab.RunDir) -> list[float]:
    """Return each replica's train accuracy minus its test accuracy."""
    return [s["train"]["accuracy"] - s["test"]["accuracy"] for s in run.summary["per_seed"]]


def probability_of_c1(run: nnlab.RunDir) -> list[float]:
    """Return the probability of class c1 at (0.1, 0.1), in raw features."""
    column = run.preprocessing["class_names"].index("c1")
    return [float(Predictor(open_run(run))(np.array([[0.1, 0.1]]))[0, column])]


def distance_from_sklearn(run: nnlab.RunDir) -> list[float]:
    """Return the largest difference in probability from scikit-learn over the plane."""
    train = build_job(run.config, Folders.choose().data).dataset.train
    fitted = LogisticRegression(C=1, tol=1e-8, max_iter=1000).fit(train.inputs, train.targets)
    rows = _plane() if train.inputs.shape[1] == 2 else np.eye(4)  # or the four quadrants
    return [float(np.abs(Predictor(open_run(run))(rows) - fitted.predict_proba(rows)).max())]


def indecision(run: nnlab.RunDir) -> list[float]:
    """Return the largest distance of a probability from 1/2 over the plane."""
    return [float(np.abs(Predictor(open_run(run))(_plane()) - 0.5).max())]


def _plane() -> np.ndarray:
    """Return a grid over the clusters, ``(N, 2)``."""
    axis = np.linspace(-6, 6, 49)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def _test(low: float, high: float, published: str = "-", **more: str) -> Measure:
    return Measure("test", "accuracy", low, high, published, **more)


def _train(low: float, high: float, **more: str) -> Measure:
    return Measure("train", "accuracy", low, high, **more)


def _scattered(
    part: str, metric: str, published: str = "-", *, epoch: int | None = None
) -> Measure:
    return Measure(part, metric, published=published, epoch=epoch)


def _loss(low: float, high: float) -> Measure:
    return Measure("train", "loss", low, high, source=SKLEARN)


_AS_SKLEARN = Measure(
    "train",
    "probability",
    0,
    0.001,
    source=SKLEARN,
    reader=distance_from_sklearn,
    name="largest difference of a probability from scikit-learn's",
)

SYSTEMS = (
    # A tenth of a point: rounding stops the search there.
    System(
        "A1",
        "a1_mnist_logistic",
        (_test(0.9193, 0.9213, "92.00 %", source="scikit-learn's 0.9203 +- 0.001"),),
        has_images=True,
    ),
    System(
        "A2 as published",
        "a2_mnist_mlp_published",
        (_scattered("test", "accuracy", "96.57 %"),),
        has_images=True,
    ),
    System(
        "A2 corrected",
        "a2_mnist_mlp_corrected",
        (_scattered("test", "accuracy"),),
        has_images=True,
    ),
    System("B1", "b1_regression", (_scattered("train", "mse", "0.0117"),)),
    System(
        "B2",
        "b2_regression_published",
        (
            _scattered("train", "mse", "0.0138"),
            _scattered("test", "mse", "6.53"),
        ),
    ),
    System(
        "B3",
        "b3_regression_decay_published",
        (
            _scattered("train", "mse", "0.0236"),
            _scattered("test", "mse", "7.24"),
        ),
    ),
    System(
        "B4",
        "b4_regression_relu_published",
        (
            _scattered("train", "mse", "0.0140"),
            _scattered("test", "mse", "1.75"),
        ),
    ),
    System(
        "C1",
        "c1_mnist_mlp_published",
        (
            _scattered("test", "accuracy", "36.3 %", epoch=1),
            _scattered("test", "accuracy", "54.8 %", epoch=2),
            _scattered("test", "accuracy", "62.8 %", epoch=3),
            _scattered("test", "accuracy", epoch=4),
            _scattered("test", "accuracy", epoch=5),
        ),
        has_images=True,
    ),
    System(
        "C4",
        "c4_mnist_quadratic",
        (_test(0.9, 1, source="it trains; no number is published"),),
        has_images=True,
    ),
    # D2's accuracy is that of a guess, so its decision surface is measured: it must be undecided.
    System(
        "D1",
        "d1_clusters_logistic",
        (_train(1, 1, source=SKLEARN), _loss(0.0081, 0.0082), _AS_SKLEARN),
        is_split_by_seed=True,
    ),
    System(
        "D2",
        "d2_xor_logistic",
        (
            _loss(0.692, 0.6932),
            Measure(
                "train",
                "probability",
                0,
                0.04,
                source=SKLEARN,
                reader=indecision,
                name="largest abs(P - 1/2)",
            ),
            _AS_SKLEARN,
        ),
        is_split_by_seed=True,
    ),
    System(
        "D3",
        "d3_xor_features",
        (_train(1, 1, source=SKLEARN), _loss(0.0579, 0.0581), _AS_SKLEARN),
        is_split_by_seed=True,
    ),
    System("D4", "d4_xor_mlp", (_scattered("train", "accuracy"),)),
    System(
        "D7",
        "d7_fashion_cnn_published",
        (
            _scattered("test", "accuracy", "88.1 %", epoch=1),
            _scattered("test", "accuracy", "89.8 %", epoch=2),
        ),
        has_images=True,
        is_slow=True,
    ),
    System(
        "D7, a quarter as wide",
        "d7_fashion_cnn_published",
        (_scattered("test", "accuracy", epoch=1),),
        overrides=("train.epochs=1", "model.channels=[8,16]", "model.hidden_sizes=[150,30]"),
        has_images=True,
    ),
    System("E1", "e1_spiral_linear", (_test(0.516, 0.591, "49.3-55 %"),)),
    System("E2", "e2_spiral_numpy", (_test(0.978, 1, "98.2 %", source="20 seeds in NumPy"),)),
    System("E3", "e3_spiral_mlp", (_test(0.956, 0.996, "96.9 %"),)),
    System(
        "E6",
        "e3_spiral_mlp",
        (
            Measure(
                "test",
                "probability",
                0.91,
                0.97,
                "92 %",
                reader=probability_of_c1,
                name="P(c1) at (0.1, 0.1)",
            ),
        ),
        then="nnlab predict latest rows.csv",
        is_split_by_seed=True,
    ),
    System(
        "E8",
        "e8_spiral_xavier",
        (_test(0.9555, 1, source="as good as the worst seed of E3, 215 of 225"),),
    ),
    System(
        "E9",
        "e9_random_overfit",
        (
            Measure(
                "test",
                "gap",
                0.2,
                1,
                "0.51",
                source="train well above test",
                reader=gap,
                name="train - test accuracy",
            ),
            # Two standard deviations of the mean of 22 draws.
            _test(0.13, 0.54, "0.17", source="chance, 1/3 +- 0.2"),
        ),
    ),
)
