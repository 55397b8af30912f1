"""Commands on the user's own arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnlab
from nnlab.errors import ConfigError, DataError

DRAW = np.random.default_rng(0)


def coloured(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures ``(N, 8, 9, 3)`` that lack one colour, and its name."""
    pictures = DRAW.integers(100, 255, (count, 8, 9, 3), dtype=np.uint8)
    lacks = np.arange(count) % 3
    pictures[np.arange(count), :, :, lacks] //= 4
    return pictures, np.array(["red", "green", "blue"])[lacks]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pictures, names = coloured(90)
    np.savez_compressed("colours.npz", x_train=pictures, y_train=names)
    return tmp_path


def test_an_experiment_on_colours_is_written_trained_verified_and_drawn(here, command):
    assert command("config", "init", "--from", "colours.npz").stdout == "colours.yaml\n"
    text = Path("colours.yaml").read_text()
    assert "  name: npz\n  path: colours.npz\n  # 3 classes:\n    # blue: 30 examples\n" in text

    done = command("train", "colours.yaml", "train.epochs=4", "train.seeds=2")
    assert done.code == 0, done.stderr
    assert "features: 3 x 8 x 9 pixels" in done.stderr
    for words, shown in [
        (["verify", "latest"], "are identical"),
        (["eval", "latest"], "accuracy"),
        (["data", "show", "colours.npz"], "90 x 3 x 8 x 9 uint8, from"),
        (["data", "show", "colours.npz", "--plot", "samples"], "colours-samples.svg"),
        (["plot", "latest", "samples"], "samples.svg"),
    ]:
        done = command(*words)
        assert (done.code, shown in done.stdout) == (0, True), done
    assert nnlab.load_run("latest").summary["test"]["accuracy"] > 0.9


def test_new_arrays_and_pictures_are_predicted_as_they_are(here, command):
    command("config", "init", "--from", "colours.npz")
    command("train", "colours.yaml", "model={name: logistic}", "train.epochs=30")
    pictures, names = coloured(3)
    np.save("new.npy", pictures)
    np.savez("new.npz", images=pictures, labels=names)
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).resize((90, 80), 0).save(f"{name}.png")

    for rows in ("new.npy", "new.npz", [f"{name}.png" for name in names]):
        assert [record["class"] for record in nnlab.predict("latest", rows)] == names.tolist()
    assert command("predict", "latest", "new.npy").stdout.count("\n") == 4
    nnlab.show_pictures("latest", "red.png", "seen.png")
    with Image.open("seen.png") as seen:
        assert seen.mode == "RGB"
    with pytest.raises(ConfigError, match=r"new.npy is an array; leave out --keep"):
        nnlab.predict("latest", "new.npy", keep=["id"])
    np.save("new.npy", pictures[:, 1:])
    with pytest.raises(
        DataError, match=r"has shape 3 x 7 x 9 x 3, and run .* takes inputs N x 3 x 8 x 9"
    ):
        nnlab.predict("latest", "new.npy")


def test_a_regression_on_rows_takes_new_rows_from_a_table_too(here, command):
    inputs = DRAW.normal(size=(120, 2))
    np.savez("plane.npz", X=inputs.astype(np.float32), y=inputs @ [2.0, -1.0] + 50)
    command("config", "init", "--from", "plane.npz", "dataset.task=regression")
    done = command("train", "plane.yaml", "train.epochs=60", "optimizer.lr=0.01")
    assert done.code == 0, done.stderr
    np.save("new.npy", np.array([[1.0, 0.0]]))
    Path("new.csv").write_text("x0,x1\n1,0\n")

    values = [nnlab.predict("latest", f"new.{kind}")[0]["value"] for kind in ("npy", "csv")]

    assert values[0] == values[1] == pytest.approx(52, abs=0.5)


def test_the_archive_lies_beside_the_experiment(here, command):
    command("config", "init", "--from", "colours.npz")
    (here / "elsewhere").mkdir()

    done = command("config", "show", "colours.yaml")
    assert "path: colours.npz" in done.stdout
    for moved in ("colours.yaml", "colours.npz"):
        Path(moved).rename(here / "elsewhere" / moved)
    assert (
        "path: elsewhere/colours.npz" in command("config", "show", "elsewhere/colours.yaml").stdout
    )


def test_changed_arrays_are_not_those_of_the_run(here, command):
    command("config", "init", "--from", "colours.npz")
    command("train", "colours.yaml", "model={name: logistic}", "train.epochs=1")
    pictures, names = coloured(90)
    np.savez("colours.npz", x_train=pictures, y_train=names)

    done = command("eval", "latest")

    assert (done.code, "the data of run" in done.stderr) == (4, True)
