"""Every command works with a run on the user's own IDX files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnlab
from nnlab.comparison.model_words import experiment_of
from nnlab.config.datasets import MNISTConfig
from nnlab.config.idx import IDXConfig
from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from nnlab.config.resolve import load_examples
from nnlab.data.splits.division import divide
from nnlab.errors import ConfigError, NnlabError, RunError
from tests.helpers.archives import TRAIN_LABELS
from tests.helpers.idx_files import bars, write_idx, write_set

EXPERIMENT = """\
dataset: {name: idx, path: bars, transpose: true}
model: {name: logistic}
optimizer: {name: adam, lr: 0.05}
train: {epochs: 20, batch_size: 16, seeds: 2}
"""
SHAPE = (9, 12)


def transposed(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    pictures, labels = bars(count, SHAPE, seed=seed, classes=3)
    return pictures.transpose(0, 2, 1), labels


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set, an experiment on it, and its run."""
    folder = tmp_path_factory.mktemp("idx")
    write_set(folder / "bars", transposed(60), transposed(30, 1), suffix=".gz")
    (folder / "bars.yaml").write_text(EXPERIMENT)
    nnlab.train(folder / "bars.yaml", runs_dir=folder / "runs")
    return folder


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, as the current one."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("NNLAB_RUNS", "runs")
    return home


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["eval", "latest"], "100.00"),
        (["verify", "latest"], "are identical"),
        (["data", "show", "bars", "dataset.transpose=true"], "90 x 1 x 9 x 12 uint8"),
        (["config", "show", "bars.yaml"], "transpose: true"),
        (["predict", "latest", "--split", "test", "--examples", "1"], "1,1,1,"),
        (["plot", "latest", "samples", "-o", "samples.svg"], "samples.svg"),
        (["list", "datasets"], "KMNIST"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_reads_the_run_or_its_data(here, command, words, text):
    done = command(*words)

    assert (done.code, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert text in done.stdout


def test_pictures_are_predicted_upright_at_any_size(here, command):
    pictures, labels = bars(3, SHAPE, seed=7, classes=3)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).resize((120, 90), 0).save(here / f"{number}.png")

    done = command("predict", "latest", "0.png", "1.png", "2.png", "--prepare", "none", "--json")

    found = [row["class"] for row in json.loads(done.stdout)["predictions"]]
    assert found == list(map(str, labels.tolist()))


def test_a_run_goes_on_from_another_spelling_of_its_place(here, command):
    shutil.copytree(here / "runs", here / "copies")

    done = command("resume", "latest", "--epochs", "21", "--runs-dir", "copies")

    assert done.code == 0, done.stderr
    assert "splits: training 54, validation 6, test 30 (the official test images)" in done.stderr


def test_a_model_word_stands_for_a_cnn_on_the_set(here):
    experiment = experiment_of("cnn", load_config("bars.yaml"), [])

    assert (experiment.model.name, experiment.dataset.path) == ("fashion_cnn", "bars")


def test_an_experiment_is_drafted_from_a_set(here, command):
    done = command("config", "init", "--from", "bars", "-o", "drafts.yaml")
    text = (here / "drafts.yaml").read_text()

    assert (done.code, done.stdout) == (0, "drafts.yaml\n")
    assert "# bars: 60 pictures to train and 30 to test, 12 x 9 values each." in text
    assert load_config(here / "drafts.yaml").model.name == "fashion_cnn"


def test_data_elsewhere_are_read_only_if_the_user_names_them(here, tmp_path, monkeypatch):
    run = next((here / "runs").iterdir())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="which is not below the current folder\nto read it all"):
        nnlab.evaluate(run)
    assert nnlab.evaluate(run, data_file=here / "bars")["test"]["accuracy"] == 1

    write_set(tmp_path / "bars", transposed(60), transposed(30, 2))
    with pytest.raises(RunError, match="has changed"):
        nnlab.evaluate(run, data_file=tmp_path / "bars")


def test_a_link_out_of_the_current_folder_is_not_followed(here, tmp_path, monkeypatch):
    run = shutil.copytree(next((here / "runs").iterdir()), tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bars").mkdir()
    for file in (here / "bars").iterdir():
        (tmp_path / "bars" / file.name).symlink_to(file)

    with pytest.raises(RunError, match="not below the current folder"):
        nnlab.evaluate(run)


@pytest.mark.parametrize("size", [(8, 8), (12, 20), (64, 64)])
def test_the_layers_of_the_cnn_follow_the_size(tmp_path, size):
    folder = write_set(tmp_path / "set", bars(8, size), bars(4, size))
    model = "model={name: fashion_cnn, channels: [2, 2], hidden_sizes: [4, 4]}"
    run = nnlab.train(
        "tiny_cnn", [f"dataset={{name: idx, path: {folder}}}", model, "train.epochs=1"]
    )

    inputs = 2 * ((size[0] // 2 - 2) // 2) * ((size[1] // 2 - 2) // 2)
    assert run.summary["num_parameters"] == 96 + (inputs + 1) * 4


def test_pictures_too_small_for_the_cnn_are_refused_before_training(tmp_path):
    folder = write_set(tmp_path / "set", bars(8, (7, 30)))
    with pytest.raises(ConfigError, match=r"at least 8 x 8 pixels, not inputs \(1, 7, 30\)"):
        nnlab.train("tiny_cnn", [f"dataset={{name: idx, path: {folder}}}"])
    assert not (tmp_path / "runs").exists()


def test_a_set_beside_the_experiment_is_found_and_two_different_ones_are_refused(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_set(tmp_path / "tab" / "bars", transposed(9))
    (tmp_path / "tab" / "bars.yaml").write_text(EXPERIMENT)
    assert load_config("tab/bars.yaml").dataset.path == str(Path("tab/bars"))

    shutil.copytree(tmp_path / "tab" / "bars", tmp_path / "bars")
    assert load_config("tab/bars.yaml").dataset.path == str(Path("tab/bars"))
    write_idx(tmp_path / "bars" / TRAIN_LABELS, np.ones(9, "u1"))
    with pytest.raises(ConfigProblems, match="and the two differ"):
        load_config("tab/bars.yaml")


def test_what_contradicts_the_set_is_refused(tmp_path):
    folder = write_set(tmp_path / "set", bars(20))
    dataset = f"name: idx, path: {folder}"
    for keys, text in {
        "class_names: [a, a]": "two classes are called 'a'",
        "split: {test: official}": "no test files, so dataset.split.test cannot be official",
        "class_names: [a, b, c]": "has 3 names, and there are 2 labels: 0, 1",
    }.items():
        with pytest.raises(NnlabError, match=text):
            nnlab.train("tiny_mlp", [f"dataset={{{dataset}, {keys}}}"])


def test_mnist_read_as_idx_files_is_mnist(installed_data):
    mnist = load_examples(MNISTConfig(), installed_data)
    found = load_examples(IDXConfig(path=str(installed_data / "MNIST")), installed_data)

    assert (found.sha256, found.class_names) == (mnist.sha256, mnist.class_names)
    assert found.num_official_test == mnist.num_official_test
    assert found.inputs.dtype == mnist.inputs.dtype
    np.testing.assert_array_equal(found.inputs, mnist.inputs)
    np.testing.assert_array_equal(found.targets, mnist.targets)
    splits = [divide(c.split, found) for c in (MNISTConfig(), IDXConfig(path="-"))]
    np.testing.assert_array_equal(splits[0].train, splits[1].train)
