"""What the user's own function returns, as examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnlab.config.load import load_config
from nnlab.config.own_code import OwnCodeError
from nnlab.data.own import build
from nnlab.data.types import Examples
from nnlab.errors import DataError

EXPERIMENT = """\
dataset: {name: "mine.py:load"%s}
model: {name: mlp}
optimizer: {name: adam, lr: 0.01}
"""
Y = "np.arange(12) % 3"


def examples(folder: Path, returned: str, keys: str = "") -> Examples:
    (folder / "mine.py").write_text(
        f"import numpy as np\nimport torch\n\ndef load():\n    return {returned}\n"
    )
    (folder / "mine.yaml").write_text(EXPERIMENT % keys)
    return build(load_config(folder / "mine.yaml").dataset, folder)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("inputs", "dtype", "shape"),
    [
        ("np.ones((12, 2), np.float32)", np.float32, (12, 2)),
        ("np.ones((12, 2), np.uint8)", np.float64, (12, 2)),
        ("[[1, 2]] * 12", np.float64, (12, 2)),
        ("torch.ones(12, 2, requires_grad=True)", np.float32, (12, 2)),
        ("np.ones((12, 4, 5), np.uint8)", np.uint8, (12, 1, 4, 5)),
        ("np.ones((12, 3, 4, 3), np.uint8)", np.uint8, (12, 3, 4, 3)),
        ("np.ones((12, 3, 4, 5)) * -2", np.float64, (12, 3, 4, 5)),
    ],
)
def test_inputs_are_rows_or_pictures(
    inputs: str, dtype: type, shape: tuple[int, ...], tmp_path: Path
) -> None:
    found = examples(tmp_path, f"{inputs}, {Y}")
    assert found.inputs.dtype == dtype
    assert found.inputs.shape == shape
    assert found.feature_names == (("x0", "x1") if len(shape) == 2 else ())


@pytest.mark.parametrize(
    ("targets", "class_names"),
    [
        (Y, ("0", "1", "2")),
        (f"{Y}, ['a', 'b', 'c']", ("a", "b", "c")),
        ("np.array(['c', 'a', 'b'] * 4, dtype=object)", ("a", "b", "c")),
        ("np.eye(3)[np.arange(12) % 3]", ("0", "1", "2")),
        ("np.array([10, 9, 11] * 4)", ("9", "10", "11")),
    ],
)
def test_targets_are_classes(targets: str, class_names: tuple[str, ...], tmp_path: Path) -> None:
    assert examples(tmp_path, f"np.ones((12, 2)), {targets}").class_names == class_names


def test_targets_are_numbers_if_that_is_the_task(tmp_path: Path) -> None:
    found = examples(tmp_path, f"np.ones((12, 2)), {Y}", ", task: regression")
    assert found.targets.tolist() == [0.0, 1.0, 2.0] * 4
    assert found.class_names == ()


def test_the_digest_is_that_of_what_is_returned(tmp_path: Path) -> None:
    returned = f"np.ones((12, 2)), {Y}, ['a', 'b', 'c']"
    before = examples(tmp_path, returned).sha256
    assert examples(tmp_path, returned).sha256 == before
    for old, new in [("ones", "zeros"), ("% 3", "% 2"), ("'c'", "'d'"), ("(12, 2)", "(12, 1)")]:
        assert examples(tmp_path, returned.replace(old, new)).sha256 != before


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            "np.ones((12, 2)), np.arange(9) % 3",
            "'targets' has 9 targets, and .*'inputs' has 12 examples",
        ),
        (f"np.ones(12), {Y}", "'inputs' has shape 12: inputs are images"),
        (f"[['a']] * 12, {Y}", "'inputs': inputs are numbers, and these are texts"),
        (f"[[1], [1, 2]], {Y}", "the inputs of mine.py:load are no array: .*inhomogeneous"),
        (
            f"[[1, None]] * 12, {Y}",
            "some inputs of mine.py:load are None",
        ),
        (f"np.ones((12, 2), complex), {Y}", "the inputs of mine.py:load have the type complex128"),
        (f"np.full((12, 2), np.nan), {Y}", "24 values are not finite"),
        ("np.ones((12, 2)), np.ones((12, 2))", r"or a row with a single 1 among zeros, \(N, C\)$"),
        ("np.ones((12, 2)), np.arange(12) + 0.5", "which numbers no class; to predict the number"),
        (f"np.ones((12, 2)), {Y}, ['a', 'b']", "'class_names' has 2 names, .*; correct it$"),
        ("np.ones((12, 2)), np.zeros(12, int)", "all examples have the same class"),
    ],
)
def test_what_makes_no_examples_is_refused(returned: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        examples(tmp_path, returned)


def test_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OwnCodeError, match=r"must return \(inputs, targets\), not ndarray"):
        examples(tmp_path, "np.ones(2)")
