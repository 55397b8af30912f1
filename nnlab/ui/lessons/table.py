"""The systems of five teaching documents, and the expected ranges of their results.

The table serves the lessons, ``python -m benchmarks.reference``, which writes configs/course/README.md,
and tests/reference/test_reference_systems.py. Accuracies are fractions, errors are mean squares.
"""

from __future__ import annotations

from nnlab.ui.lessons.systems import GAP, OF_THE_MODEL, Measure, System

SKLEARN = "scikit-learn"


def _test(low: float, high: float, published: str = "-", source: str = "") -> Measure:
    return Measure("test", "accuracy", low, high, published, source)


def _train(low: float, high: float, source: str) -> Measure:
    return Measure("train", "accuracy", low, high, source=source)


def _scattered(
    part: str, metric: str, published: str = "-", *, epoch: int | None = None
) -> Measure:
    return Measure(part, metric, published=published, epoch=epoch)


def _loss(low: float, high: float) -> Measure:
    return Measure("train", "loss", low, high, source=SKLEARN)


_AS_SKLEARN = Measure(
    "train",
    OF_THE_MODEL,
    0,
    0.001,
    source=SKLEARN,
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
                OF_THE_MODEL,
                0,
                0.04,
                source=SKLEARN,
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
                OF_THE_MODEL,
                0.91,
                0.97,
                "92 %",
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
                GAP,
                0.2,
                1,
                "0.51",
                source="train well above test",
                name="train - test accuracy",
            ),
            # Two standard deviations of the mean of 22 draws.
            _test(0.13, 0.54, "0.17", source="chance, 1/3 +- 0.2"),
        ),
    ),
)


def system(row: str) -> System:
    """Return the system of a row.

    Raises:
        KeyError: If there is none.
    """
    return {one.row: one for one in SYSTEMS}[row]
