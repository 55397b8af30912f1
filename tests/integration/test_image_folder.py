"""Commands on a folder of images."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from nnlab.errors import RunError
from tests.helpers.image_folders import COLOURS, write_classes, write_image


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command) -> Path:
    """A folder with images, an experiment on them, and its run."""
    monkeypatch.chdir(tmp_path)
    write_classes(Path("colours") / "train", 12)
    write_classes(Path("colours") / "test", 4, first=20)
    command("config", "init", "--from", "colours")
    done = command("train", "colours.yaml", "train.epochs=6", "model={name: logistic}")
    assert done.code == 0, done.stderr
    return tmp_path


def test_an_experiment_is_written_trained_and_read_again(here, command):
    text = Path("colours.yaml").read_text()
    assert text.startswith("# colours: 36 pictures to train and 12 to test.\n")
    assert "  name: image_folder\n  path: colours\n" in text
    assert "  size: 20  # every image" in text
    assert "  channels: 3  # 1: grey" in text
    assert nnlab.load_run("latest").summary["test"]["accuracy"] == 1
    for words, shown in [
        (["verify", "latest"], "are identical"),
        (["eval", "latest"], "100.00"),
        (["data", "show", "colours", "dataset.size=[10, 12]"], "48 x 3 x 10 x 12 uint8"),
        (["plot", "latest", "samples"], "samples.svg"),
        (["check", "latest"], ""),
    ]:
        done = command(*words)
        assert (done.code, shown in done.stdout) == (0, True), done


def test_new_images_are_resized_as_those_of_the_folder(here):
    for label, colour in COLOURS.items():
        write_image(Path("new") / f"{label}.jpg", colour, side=90)

    answers = nnlab.predict("latest", "new")

    assert [answer["class"] for answer in answers] == ["blue", "green", "red"]
    known = nnlab.predict("latest", "colours/test/red/20.png")[0]["probabilities"]
    stored = nnlab.predict_examples("latest", "test", examples=[8])[0]["probabilities"]
    assert known == pytest.approx(stored, rel=1e-5)


def test_a_run_is_read_only_if_its_images_are_below_the_current_folder(here, monkeypatch):
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")

    with pytest.raises(RunError, match="which is not below the current folder"):
        nnlab.evaluate("latest", runs_dir=here / "runs")
    found = nnlab.evaluate("latest", runs_dir=here / "runs", data_file=here / "colours")
    assert found["test"]["accuracy"] == 1
