"""``nnlab data show``: data before training."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import nnlab
from nnlab.data.types import Examples
from nnlab.errors import ConfigError, DataError
from nnlab.report.dataset import draw_dataset
from tests.helpers.command import Command
from tests.helpers.tables import write_table


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def flowers() -> str:
    rows = [(f"n{i}", i / 2, 10 - i, "", "red" if i % 3 else "blue") for i in range(40)]
    return str(write_table(Path("flowers.csv"), ["id", "length", "width", "note", "kind"], rows))


def test_a_data_set_is_counted_class_by_class_and_split_by_split(command: Command) -> None:
    shown = command("data", "show", "spiral", "dataset.split={test: 0.2, val: 0}").stdout

    assert "inputs     1500 x 2 float64, from -0.916699 to 0.995928\n" in shown
    assert "targets    1500 int64, 3 classes\n" in shown
    assert "split      train 1,200, val 0, test 300\n" in shown
    assert " c2          1        500     400     0    100\n" in shown


def test_the_numbers_of_a_feature_are_those_of_the_training_split() -> None:
    facts = nnlab.describe_data("spiral", ["dataset.split={order: sequential, test: 0, val: 0.5}"])
    everything = nnlab.describe_data("spiral", ["dataset.split={test: 0, val: 0}"])

    first, of_all = facts.features[0], everything.features[0]
    assert (first.low, first.high) == (of_all.low, of_all.high)
    assert first.mean != pytest.approx(of_all.mean, abs=1e-3)


def test_an_experiment_shows_its_own_split_and_scaling(command: Command) -> None:
    words = ("spiral_mlp", "dataset.standardize=false")

    shown = command("data", "show", *words).stdout

    assert "scaling    none; dataset.standardize=true changes it\n" in shown
    assert "mean" not in shown


def test_the_last_column_of_a_table_is_the_target(command: Command, flowers: str) -> None:
    shown = command("data", "show", flowers).stdout

    assert "targets    column 'kind', 40 int64, 2 classes\n" in shown
    assert "left out   id (40 different texts in 40 rows are too many for categories (" in shown
    assert "note (all cells are missing)" in shown
    assert " 1        0.5       9    red\n" in shown


def test_a_target_of_many_numbers_is_a_quantity(command: Command, flowers: str) -> None:
    found = json.loads(command("data", "show", flowers, "dataset.target=length", "--json").stdout)

    assert found["task"] == "regression"
    assert found["target_range"] == [0, 19.5]
    assert [feature["name"] for feature in found["features"]] == ["width", "kind"]


def test_semicolons_are_recognised(flowers: str) -> None:
    text = Path(flowers).read_text()
    Path("semicolons.csv").write_text(text.replace(",", ";"))

    assert nnlab.describe_data("semicolons.csv").input_shape == (40, 2)


def test_images_are_described_without_rows(command: Command) -> None:
    shown = command("data", "show", "digits").stdout

    assert "example 0  inputs 1 x 8 x 8, target 0\n" in shown
    assert "feature" not in shown


@pytest.mark.parametrize(
    ("source", "kind"), [("digits", "samples"), ("xor", "scatter"), ("random", "classes")]
)
def test_a_picture_is_named_after_the_data(command: Command, source: str, kind: str) -> None:
    assert command("data", "show", source, "--plot", kind).stdout == f"{source}-{kind}.svg\n"
    assert Path(f"{source}-{kind}.svg").read_text().startswith("<?xml")


def test_samples_depend_on_the_seed_only() -> None:
    examples = Examples(
        np.arange(30.0)[:, None, None, None], np.arange(30) % 2, class_names="ab", sha256=""
    )

    one, again, other = (
        [image.get_array().item() for axes in figure.axes for image in axes.images]
        for figure in (draw_dataset(examples, "samples", seed=s, target="") for s in (1, 1, 2))
    )

    assert one == again
    assert one != other
    assert len(set(one)) == 25


def test_a_scatter_has_the_points_of_each_class() -> None:
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    examples = Examples(
        points, np.array([1, 0, 1]), class_names=("a", "b"), feature_names=("u", "v"), sha256=""
    )

    (axes,) = draw_dataset(examples, "scatter", seed=0, target="").axes

    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[2, 3]],
        [[0, 1], [4, 5]],
    ]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("u", "v")


def test_bars_are_as_long_as_their_counts() -> None:
    with mpl.rc_context():
        examples = Examples(np.zeros((3, 1)), np.array([1, 1, 0]), class_names="ab", sha256="")
        (axes,) = draw_dataset(examples, "classes", seed=0, target="").axes

    assert [bar.get_width() for bar in axes.patches] == [1, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["spirl"], "no data set, file or experiment 'spirl' (did you mean 'spiral'?)"),
        (["spiral", "--plot", "samples"], "--plot samples: its inputs are not images"),
        (["regression", "--plot", "classes"], "--plot classes: the target is a number"),
        (["random", "dataset.num_features=3", "--plot", "scatter"], "are not two features"),
        (["spiral", "-o", "a.svg"], "-o needs --plot"),
        (["spiral", "--seed", "1"], "--seed chooses the images of --plot samples"),
        (["spiral", "--plot", "scatter", "--json"], "choose one"),
        (["spiral", "dataset.nois=1"], "did you mean 'noise'?"),
        (["missing.yaml"], "there is no file missing.yaml"),
        (["csv"], "there is no data set, file or experiment 'csv'; data sets: mnist, "),
    ],
)
def test_what_cannot_be_shown_is_refused(command: Command, words: list, message: str) -> None:
    refused = command("data", "show", *words)

    assert refused.code == ConfigError.exit_code
    assert message in refused.stderr
    assert list(Path().iterdir()) == []


def test_a_table_without_numbers_is_refused(command: Command) -> None:
    Path("words.csv").write_text("a,b\nx,y\n")

    refused = command("data", "show", "words.csv")

    assert refused.code == DataError.exit_code
    assert "no column besides the target 'b' is a feature; a: is always x" in refused.stderr
    assert command("data", "show", "absent.csv").code == DataError.exit_code
