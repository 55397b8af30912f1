from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy

import nnlab
from nnlab.config.datasets import SpiralConfig
from nnlab.data.splits.split import split_indices
from nnlab.data.toy import build_spiral
from nnlab.errors import DataError
from tests.helpers.predictions import FLOAT32, LABELS, by_hand, probabilities_of, refusal, tell
from tests.helpers.tables import write_table


@pytest.fixture(scope="module")
def number_run(runs_dir):
    """A float64 regression run of two replicas."""
    experiment = {
        "name": "numbers",
        "dataset": {"name": "regression", "num_samples": 60},
        "model": {"name": "mlp", "hidden_sizes": [5], "activation": "relu"},
        "optimizer": {"name": "adam", "lr": 0.02},
        "train": {"epochs": 5, "seeds": 2, "precision": "float64"},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


def test_probabilities_are_those_of_the_stored_weights_on_standardised_features(
    table_run, tmp_path, answers
):
    rows = [(9.0, -180.0), (11.5, -260.0), (10.0, -200.0), (14.0, -90.0)]
    file = write_table(tmp_path / "new.csv", ["width", "height"], rows)

    predictions = answers(table_run, file)

    raw = np.array([(height, width) for width, height in rows])
    expected = by_hand(table_run, raw)
    np.testing.assert_allclose(probabilities_of(predictions), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(probabilities_of(predictions).sum(axis=1), 1, rtol=1e-12)
    for number, (row, probabilities) in enumerate(zip(predictions, expected, strict=True), 1):
        assert row["row"] == number
        assert tuple(row["probabilities"]) == LABELS
        assert row["class"] == LABELS[probabilities.argmax()]


def test_replicas_are_averaged(spiral_run, tmp_path, answers):
    rows = np.random.default_rng(3).uniform(-1, 1, size=(20, 2))
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], rows.tolist())

    predictions = answers(spiral_run, file)

    assert spiral_run.meta["seeds"] == [0, 1]
    np.testing.assert_allclose(
        probabilities_of(predictions), by_hand(spiral_run, rows), rtol=0, atol=FLOAT32
    )


def test_predicting_the_test_part_gives_the_stored_predictions(spiral_run, tmp_path, answers):
    config = SpiralConfig(num_samples=300)
    examples = build_spiral(config, tmp_path)
    test = split_indices(config.split, examples.targets, 0).test
    rows = examples.inputs[test].tolist()
    file = write_table(tmp_path / "test.csv", ["X1", "X2"], rows)

    predictions = answers(spiral_run, file)

    stored = safetensors.numpy.load_file(spiral_run.path / "predictions.safetensors")
    logits = stored["logits"].astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    expected = (exponentials / exponentials.sum(axis=-1, keepdims=True)).mean(axis=0)
    assert stored["targets"].tolist() == examples.targets[test].tolist()
    np.testing.assert_allclose(probabilities_of(predictions), expected, rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("checkpoint", ["best", "last"])
def test_best_and_last_weights_can_be_chosen(spiral_run, tmp_path, answers, checkpoint):
    rows = [(0.3, -0.2), (-0.7, 0.6)]
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], rows)

    predictions = answers(spiral_run, file, checkpoint=checkpoint)

    best, last = (by_hand(spiral_run, np.array(rows), which) for which in ("best", "weights"))
    assert np.abs(best - last).max() > 100 * FLOAT32
    np.testing.assert_allclose(
        probabilities_of(predictions),
        {"best": best, "last": last}[checkpoint],
        rtol=0,
        atol=FLOAT32,
    )


def test_regression_gives_the_mean_value_of_the_replicas(number_run, tmp_path, capsys, answers):
    rows = [[-2.5], [0.0], [1.75]]
    file = write_table(tmp_path / "new.csv", ["x"], rows)
    expected = by_hand(number_run, np.array(rows))

    predictions = answers(number_run, file)
    tell(number_run, file)

    assert [row["row"] for row in predictions] == [1, 2, 3]
    np.testing.assert_allclose([row["value"] for row in predictions], expected, rtol=1e-12)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "row,value,note"
    assert [float(line.split(",")[1]) for line in lines[1:]] == [p["value"] for p in predictions]


def test_the_order_of_columns_and_other_columns_do_not_matter(table_run, tmp_path, answers):
    plain = write_table(tmp_path / "a.csv", ["width", "height"], [(9, -180), (12, -260)])
    other = write_table(
        tmp_path / "b.csv",
        ["size", "height", "id", "width"],
        [("klein", -180, "n1", 9), ("", -260, "", 12)],
    )

    assert answers(table_run, other) == answers(table_run, plain)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "height,size\n-200,klein\n",
            "{file}: there is no column 'width'; columns: height, size",
        ),
        (
            "width;size\n9;-200\n",
            "{file}: there is no column 'height'; columns: width, size",
        ),
        ("width,height\n", "{file}: needs a header line and at least one row"),
        ("", "{file}: needs a header line and at least one row"),
        (
            "width,height\n9,-200\n9,nan\n",
            "{file}, line 3, column 'height': 'nan' stands for a missing cell",
        ),
        ("width,height\n9,-200\n9,x\n", "{file}, line 3, column 'height': 'x' is not a number"),
        ("width,height\n9,-200\n,1\n", "{file}, line 3, column 'width': the cell is empty"),
        ("width,height\n9\n", "{file}, line 2: 1 cell, but the header has 2"),
    ],
    ids=[
        "missing column",
        "semicolons",
        "header only",
        "empty",
        "nan",
        "x",
        "missing cell",
        "ragged",
    ],
)
def test_a_table_that_does_not_fit_the_run_is_refused(table_run, tmp_path, content, message):
    file = tmp_path / "new.csv"
    file.write_text(content)

    assert refusal(table_run, file).partition("\n")[0] == message.format(file=file)


def test_a_feature_too_large_for_the_network_is_refused_or_answered_with_numbers(
    spiral_run, tmp_path, answers
):
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1e300, 0.1), (0.1, 0.1)])

    try:
        predictions = answers(spiral_run, file)
    except DataError:
        return

    assert np.isfinite(probabilities_of(predictions)).all()
