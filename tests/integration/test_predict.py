from __future__ import annotations

import csv
import io
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import nnlab
from nnlab.cli.predict import predict
from nnlab.config.datasets import SpiralConfig
from nnlab.data.split import split_indices
from nnlab.data.toy import build_spiral
from nnlab.errors import DataError, NnlabError, RunError
from tests.helpers.command import nnlab as nnlab_command

LABELS = ("gro\u00df", "klein", "mittel, fast gro\u00df")
FLOAT32 = 2e-5  # how far float32 may be from float64 arithmetic in these small networks


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def spiral_run(runs_dir):
    """A float32 run of two replicas whose best weights are not its last ones."""
    experiment = {
        "name": "spiral",
        "dataset": {"name": "spiral", "num_samples": 300},
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "adam", "lr": 0.5},
        "train": {"epochs": 12, "seeds": 2, "batch_size": 32},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


@pytest.fixture(scope="module")
def table_run(runs_dir, tmp_path_factory):
    """A float64 run on a table with columns it does not use and labels that are text."""
    generator = np.random.default_rng(0)
    rows = []
    for i, (width, height) in enumerate(generator.normal([10, -200], [2, 50], (120, 2)).tolist()):
        label = LABELS[int(width > 10) + int(height > -200)]
        rows.append([f"n{i}", width, "", height, label])
    path = tmp_path_factory.mktemp("tables") / "sizes.csv"
    write_table(path, ["id", "width", "note", "height", "size"], rows)
    experiment = {
        "name": "sizes",
        "dataset": {
            "name": "csv",
            "path": str(path),
            "target": "size",
            "features": ["height", "width"],
        },
        "model": {"name": "mlp", "hidden_sizes": [5]},
        "optimizer": {"name": "adam", "lr": 0.02},
        "train": {"epochs": 10, "precision": "float64"},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


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


@pytest.fixture(scope="module")
def picture_run(runs_dir):
    """A run on scikit-learn's digits, which are pictures of 8 x 8 pixels."""
    experiment = {
        "name": "digits",
        "dataset": {"name": "digits"},
        "model": {"name": "mlp", "hidden_sizes": [32]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {"epochs": 15},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


def tell(run, file, *, checkpoint=None, output=None, as_json=False) -> None:
    predict(
        str(run.path),
        Path(file),
        checkpoint=checkpoint,
        output=output,
        runs_dir=None,
        as_json=as_json,
    )


@pytest.fixture
def answers(capsys):
    """Predict and return the list of predictions."""

    def of(run, file, **options) -> list[dict]:
        tell(run, file, as_json=True, **options)
        return json.loads(capsys.readouterr().out)["predictions"]

    return of


def refusal(run, file) -> str:
    with pytest.raises(DataError) as caught:
        tell(run, file)
    assert caught.value.exit_code == 3
    return str(caught.value)


def by_hand(run, raw: np.ndarray, weights: str = "weights") -> np.ndarray:
    """Return the mean probabilities, or values, of a run's replicas from its files alone."""
    stored = json.loads((run.path / "preprocessing.json").read_text())
    manifest = json.loads((run.path / "checkpoints" / "manifest.json").read_text())
    newest = run.path / "checkpoints" / manifest["checkpoints"][-1]["file"]
    tensors = safetensors.numpy.load_file(newest)
    inputs = raw.reshape(len(raw), -1)
    if stored["mean"] is not None:
        inputs = (inputs - np.array(stored["mean"])) / np.array(stored["std"])
    first, first_bias, last, last_bias = (
        tensors[f"{weights}.layers.{layer}.{kind}"].astype(np.float64)
        for layer in (0, 1)
        for kind in ("weight", "bias")
    )
    replicas = []
    for r in range(len(first)):
        hidden = np.maximum(inputs @ first[r].T + first_bias[r], 0)
        outputs = hidden @ last[r].T + last_bias[r]
        exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        is_classes = stored["task"] == "classification"
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        replicas.append(probabilities if is_classes else outputs[:, 0])
    return np.mean(replicas, axis=0)


def write_table(path: Path, columns: list[str], rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def probabilities_of(predictions: list[dict]) -> np.ndarray:
    return np.array([list(row["probabilities"].values()) for row in predictions])


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


def test_the_test_part_again_gives_the_stored_test_predictions(spiral_run, tmp_path, answers):
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
    assert lines == ["row,value", *(f"{i},{value:.6g}" for i, value in enumerate(expected, 1))]


def test_the_order_of_columns_and_other_columns_do_not_matter(table_run, tmp_path, answers):
    plain = write_table(tmp_path / "a.csv", ["width", "height"], [(9, -180), (12, -260)])
    other = write_table(
        tmp_path / "b.csv",
        ["size", "height", "id", "width"],
        [("klein", -180, "n1", 9), ("", -260, "", 12)],
    )

    assert answers(table_run, other) == answers(table_run, plain)


def test_without_a_terminal_the_answer_is_a_csv_table(table_run, tmp_path, capsys, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    predictions = answers(table_run, file)

    tell(table_run, file)

    printed = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert list(rows[0]) == ["row", "class", *(f"p({label})" for label in LABELS)]
    for row, expected in zip(rows, predictions, strict=True):
        assert row["row"] == str(expected["row"])
        assert row["class"] == expected["class"]
        for label in LABELS:
            assert row[f"p({label})"] == f"{expected['probabilities'][label]:.6f}"
    assert printed.err == ""


def test_an_output_file_gets_what_would_be_printed(table_run, tmp_path, capsys):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    output = tmp_path / "answers.csv"
    tell(table_run, file)
    printed = capsys.readouterr().out

    tell(table_run, file, output=output)

    assert output.read_bytes().decode() == printed
    after = capsys.readouterr()
    assert after.out == ""
    assert after.err == f"2 predictions in {output}\n"


def test_an_output_file_is_written_beside_json(table_run, tmp_path, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    output = tmp_path / "answers.csv"

    predictions = answers(table_run, file, output=output)

    assert len(predictions) == 2
    assert len(output.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "height,size\n-200,klein\n",
            "{file}: there is no column 'width'; it has height, size",
        ),
        (
            "width;height\n9;-200\n",
            "{file}: there is no column 'height'; it has width;height",
        ),
        ("width,height\n", "{file}: needs a header line and at least one row"),
        ("", "{file}: needs a header line and at least one row"),
        ("width,height\n9,-200\n9,nan\n", "{file}, line 3, column 'height': 'nan' is not a number"),
        ("width,height\n9,-200\n,1\n", "{file}, line 3, column 'width': the cell is empty"),
        ("width,height\n9\n", "{file}, line 2: 1 cells, but the header has 2"),
    ],
    ids=["missing column", "semicolons", "header only", "empty", "nan", "missing cell", "ragged"],
)
def test_a_table_that_does_not_fit_the_run_is_refused(table_run, tmp_path, content, message):
    file = tmp_path / "new.csv"
    file.write_text(content)

    assert refusal(table_run, file) == message.format(file=file)


def test_a_feature_too_large_for_the_network_is_refused_or_answered_with_numbers(
    spiral_run, tmp_path, answers
):
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1e300, 0.1), (0.1, 0.1)])

    try:
        predictions = answers(spiral_run, file)
    except DataError:
        return

    assert np.isfinite(probabilities_of(predictions)).all()


def digit_pictures(folder: Path, numbers) -> list[Path]:
    """Write some of scikit-learn's digits as grey pictures of 28 x 28 pixels."""
    from sklearn.datasets import load_digits

    paths = []
    for number in numbers:
        pixels = np.round(load_digits().images[number] / 16 * 255).astype(np.uint8)
        path = folder / f"digit{number}.png"
        Image.fromarray(pixels).resize((28, 28), Image.Resampling.BICUBIC).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def picture(tmp_path) -> Path:
    """A picture of 28 x 28 pixels with a dark border."""
    return digit_pictures(tmp_path, [3])[0]


def test_a_picture_is_resized_and_scaled_to_1(picture_run, picture, answers, capsys):
    (prediction,) = answers(picture_run, picture)

    small = Image.open(picture).resize((8, 8), Image.Resampling.LANCZOS)
    expected = by_hand(picture_run, np.asarray(small)[None] / 255)
    np.testing.assert_allclose(probabilities_of([prediction]), expected, rtol=0, atol=FLOAT32)
    assert list(prediction["probabilities"]) == list("0123456789")
    assert prediction["class"] == str(expected.argmax())
    assert math.fsum(prediction["probabilities"].values()) == pytest.approx(1)
    assert capsys.readouterr().err == ""


def test_pictures_of_digits_are_recognised(picture_run, tmp_path, answers):
    # The first ten digits of the set are 0 to 9 in order.
    paths = digit_pictures(tmp_path, range(10))

    classes = [answers(picture_run, path)[0]["class"] for path in paths]

    assert sum(found == str(i) for i, found in enumerate(classes)) >= 9


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (300, 200), (1, 1)], ids=str)
def test_a_picture_of_any_size_is_answered(picture_run, tmp_path, answers, size):
    path = tmp_path / "any.png"
    Image.new("L", size).save(path)

    (prediction,) = answers(picture_run, path)

    np.testing.assert_allclose(
        probabilities_of([prediction]),
        by_hand(picture_run, np.zeros((1, 64))),
        rtol=0,
        atol=FLOAT32,
    )


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp"])
def test_a_grey_picture_stored_in_colour_gives_the_same_answer(
    picture_run, picture, tmp_path, answers, mode, suffix
):
    expected = answers(picture_run, picture)
    coloured = tmp_path / f"coloured{suffix}"
    Image.open(picture).convert(mode).save(coloured)

    assert answers(picture_run, coloured) == expected


def test_a_picture_of_16_bits_gives_the_answer_of_8_bits(picture_run, picture, tmp_path, answers):
    expected = answers(picture_run, picture)
    deep = tmp_path / "deep.png"
    Image.fromarray(np.asarray(Image.open(picture)).astype(np.uint16) * 257).save(deep)

    (prediction,) = answers(picture_run, deep)

    # Rounding to 8 bits before or after resizing may change a pixel by one.
    np.testing.assert_allclose(
        probabilities_of([prediction]), probabilities_of(expected), rtol=0, atol=0.05
    )


def test_a_jpeg_is_read(picture_run, picture, tmp_path, answers):
    blurred = tmp_path / "digit.jpg"
    Image.open(picture).save(blurred, quality=95)

    assert answers(picture_run, blurred)[0]["class"] == answers(picture_run, picture)[0]["class"]


def test_a_bright_background_is_noted(picture_run, tmp_path, capsys):
    path = tmp_path / "paper.png"
    Image.new("L", (28, 28), 255).save(path)

    tell(picture_run, path)

    assert capsys.readouterr().err == (
        f"{path} has a bright background; the training images are white on black\n"
    )


def test_a_table_is_refused_by_a_run_on_pictures(picture_run, tmp_path):
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    assert refusal(picture_run, file) == (
        f"run {picture_run.id} takes pictures; {file} is none of .bmp, .jpeg, .jpg, .png"
    )


def test_a_picture_is_refused_by_a_run_on_tables(table_run, picture):
    assert refusal(table_run, picture) == (
        f"{picture} is not UTF-8 text: 'utf-8' codec can't decode byte 0x89 in position 0: "
        "invalid start byte"
    )


def test_a_missing_file_is_refused(table_run, picture_run, tmp_path):
    picture, table = tmp_path / "no.png", tmp_path / "no.csv"

    assert refusal(picture_run, picture) == f"there is no file {picture}"
    assert refusal(table_run, table) == (
        f"there is no file {table} (relative to the folder {Path.cwd()})"
    )


def test_a_folder_is_refused(table_run, picture_run, tmp_path):
    folder = tmp_path / "folder.png"
    folder.mkdir()

    assert refusal(table_run, folder) == f"{folder} is a folder, not a CSV file"
    assert refusal(picture_run, folder).startswith(f"{folder} is not a picture that can be read: ")


def patched(content: bytes, place: int, replacement: bytes) -> bytes:
    return content[:place] + replacement + content[place + len(replacement) :]


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".png", lambda content: b""),
        (".png", lambda content: b"not a picture"),
        (".png", lambda content: content[: len(content) // 2]),
        (".png", lambda content: patched(content, 8, b"\0\0\0\x0c")),
        (".png", lambda content: patched(content, 33, b"\0\0\0\x01")),
        (".png", lambda content: content.replace(b"IDAT", b"IDAX")),
        (".png", lambda content: patched(content, 16, b"\x7f\xff\xff\xff\x7f\xff\xff\xff")),
        (".bmp", lambda content: patched(content, 46, b"\xff\xff\0\0")),
        (".bmp", lambda content: content[:100]),
        (".jpg", lambda content: content[: len(content) // 2]),
    ],
    ids=[
        "empty",
        "text",
        "cut png",
        "short png header",
        "short png pixels",
        "png without pixels",
        "png of huge size",
        "bmp palette size",
        "cut bmp",
        "cut jpeg",
    ],
)
def test_a_damaged_picture_is_refused(picture_run, picture, tmp_path, suffix, damage):
    damaged = tmp_path / f"damaged{suffix}"
    Image.open(picture).save(damaged)
    damaged.write_bytes(damage(damaged.read_bytes()))

    assert refusal(picture_run, damaged).startswith(
        f"{damaged} is not a picture that can be read: "
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"mean": None, "std": [1.0, 1.0]},
        {"mean": [0.0], "std": [1.0]},
        {"mean": [0.0, 0.0, 0.0]},
        {"std": "wide"},
        {"class_names": ["c1", "c2"]},
        {"task": "cooking"},
        {"input_shape": [3]},
        {"feature_names": 7},
    ],
    ids=[
        "no mean",
        "mean and std too short",
        "mean too long",
        "std of text",
        "one class too few",
        "unknown task",
        "other shape",
        "names not a list",
    ],
)
def test_damaged_preprocessing_is_refused(spiral_run, tmp_path, changes):
    damaged = tmp_path / spiral_run.id
    shutil.copytree(spiral_run.path, damaged)
    path = damaged / "preprocessing.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    with pytest.raises(NnlabError):
        tell(nnlab.RunDir(damaged), file)


@pytest.mark.parametrize(
    "key", ["mean", "std", "feature_names", "class_names", "task", "input_shape"]
)
def test_preprocessing_that_lacks_a_key_is_refused(spiral_run, tmp_path, key):
    damaged = tmp_path / spiral_run.id
    shutil.copytree(spiral_run.path, damaged)
    path = damaged / "preprocessing.json"
    stored = json.loads(path.read_text())
    del stored[key]
    path.write_text(json.dumps(stored))
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    with pytest.raises(RunError) as caught:
        tell(nnlab.RunDir(damaged), file)

    assert str(caught.value) == f"{path} is damaged: {key}: Field required"


def test_the_command_prints_one_json_object_and_nothing_else(table_run, tmp_path, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])

    finished = nnlab_command("predict", table_run.path, file, "--json")

    assert finished.returncode == 0
    assert finished.stderr == ""
    printed = json.loads(finished.stdout)
    assert list(printed) == ["schema_version", "run", "predictions"]
    assert printed["schema_version"] == 1
    assert printed["run"] == table_run.id
    np.testing.assert_allclose(
        probabilities_of(printed["predictions"]),
        probabilities_of(answers(table_run, file)),
        rtol=1e-12,
    )


def test_the_command_answers_a_picture_without_a_warning(picture_run, picture):
    finished = nnlab_command("predict", picture_run.path, picture)

    assert finished.returncode == 0
    assert finished.stderr == ""
    assert finished.stdout.splitlines()[1].startswith("1,3,")


def test_the_command_ends_with_3_when_the_table_does_not_fit(table_run, tmp_path):
    file = write_table(tmp_path / "new.csv", ["width"], [(9,)])

    finished = nnlab_command("predict", table_run.path, file, "--json")

    assert finished.returncode == 3
    assert finished.stdout == ""
    assert finished.stderr == f"error: {file}: there is no column 'height'; it has width\n"
