"""Data sets of Hugging Face that were saved to disk: parts, columns, images, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.config.arrow_folder import ArrowFolderConfig
from nnlab.data.arrow_sets.examples import build
from nnlab.data.splits.division import divide
from nnlab.data.types import Examples
from nnlab.errors import DataError
from tests.helpers.arrow_sets import image_table, save, save_dict, with_features
from tests.helpers.damage_bytes import damaged

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

NUMBERS = {"a": np.arange(12) / 10, "b": np.arange(12) % 5, "name": [*"xyz"] * 4}


def read(folder: Path, **keys) -> Examples:
    config = ArrowFolderConfig(**{"path": str(folder), "size": 6, **keys})
    return build(config, folder.parent / "cache")


def refusal(folder: Path, **keys) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, **keys)
    return str(caught.value).replace(f"{folder.parent}/", "")


def test_a_saved_data_set_has_its_images_and_the_names_of_its_classes(tmp_path):
    found = read(save(image_table(12), tmp_path / "set"))

    assert (found.inputs.shape, found.inputs.dtype) == ((12, 3, 6, 6), np.uint8)
    assert (found.class_names, found.targets.tolist()) == (("dark", "bright"), [0, 1] * 6)
    assert found.inputs[:, 0, 0, 0].tolist() == [40 + 150 * (i % 2) + i for i in range(12)]


@pytest.mark.parametrize("kind", ["saved", "parquet", "parquet_in_folders"])
def test_splits_are_the_official_ones(tmp_path, kind):
    folder, tables = tmp_path / "set", {"train": image_table(8), "test": image_table(4, first=1)}
    if kind == "saved":
        save_dict(folder, **tables)
    for part, table in tables.items() if kind != "saved" else ():
        for shard in range(2):
            name = f"{part}-0000{shard}-of-00002.parquet"
            path = (
                folder / "data" / name if kind == "parquet" else folder / part / f"{shard}.parquet"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            half = table.num_rows // 2
            pq.write_table(table.slice(shard * half, half), path)

    found = read(folder)

    assert found.num_official_test == 4
    assert divide(ArrowFolderConfig(path="-").split, found).test.tolist() == [8, 9, 10, 11]
    assert found.targets.tolist() == [0, 1] * 4 + [1, 0] * 2


def test_validation_rows_are_the_validation_split(tmp_path):
    folder = save_dict(
        tmp_path / "set", train=image_table(8), validation=image_table(2), test=image_table(2)
    )

    parts = divide(ArrowFolderConfig(path="-").split, read(folder))

    assert [len(parts.train), len(parts.val), len(parts.test)] == [8, 2, 2]


def test_columns_of_numbers_are_rows(tmp_path):
    table = pa.table({**NUMBERS, "label": [0, 1, 2] * 4})
    folder = save(table, tmp_path / "set")

    found, one = read(folder), read(folder, inputs="b", target="name")

    assert (found.feature_names, found.inputs.dtype) == (("a", "b"), np.float64)
    np.testing.assert_array_equal(found.inputs, np.stack([NUMBERS["a"], NUMBERS["b"]], 1))
    assert found.left_out == {"name": "not used"}
    assert (one.feature_names, one.class_names) == (("b",), ("x", "y", "z"))


def test_a_number_is_predicted_in_a_regression(tmp_path):
    folder = save(pa.table(NUMBERS), tmp_path / "set")

    found = read(folder, target="a", inputs=("b",), task="regression")

    np.testing.assert_array_equal(found.targets, NUMBERS["a"])


def test_the_digest_is_that_of_the_rows(tmp_path):
    digests = [
        read(save(image_table(12), tmp_path / "a", shards=1)).sha256,
        read(save(image_table(12), tmp_path / "b", shards=3)).sha256,
        read(save(image_table(12, first=1), tmp_path / "c")).sha256,
    ]

    assert digests[0] == digests[1] != digests[2]


def test_it_is_drafted_trained_and_predicts_pictures(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    save_dict(tmp_path / "lamps", train=image_table(24), test=image_table(8))

    assert command("config", "init", "--from", "lamps").stdout == "lamps.yaml\n"
    assert "  name: arrow_folder\n" in Path("lamps.yaml").read_text()
    done = command("train", "lamps.yaml", "model={name: logistic}", "train.epochs=20")
    assert done.code == 0, done.stderr
    assert command("verify", "latest").code == 0
    Path("new.png").write_bytes(image_table(2)["image"][1]["bytes"].as_py())
    assert nnlab.predict("latest", "new.png")[0]["class"] == "bright"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"_data_files": [{"filename": "../secret.arrow"}]}, "names no files of its own folder"),
        ({"_data_files": [{"filename": "/etc/passwd"}]}, "names no files of its own folder"),
        ({"_data_files": [{"filename": ".."}]}, "names no files of its own folder"),
        ({"_data_files": [17]}, "names no files of its own folder"),
        ({}, "names no files of its own folder"),
        (
            {"_indices_data_files": [{"filename": "i.arrow"}]},
            "save it again after flatten_indices()",
        ),
        ({"_data_files": [{"filename": "gone.arrow"}]}, "there is no file set/gone.arrow"),
    ],
)
def test_no_file_outside_the_folder_is_read(tmp_path, state, text):
    folder = save(image_table(4), tmp_path / "set")
    (folder / "state.json").write_text(json.dumps(state))

    assert text in refusal(folder)


def test_links_are_refused(tmp_path):
    folder, other = save(image_table(4), tmp_path / "set"), save(image_table(4), tmp_path / "other")
    shard = folder / "data-00000-of-00002.arrow"
    shard.unlink()
    shard.symlink_to(other / shard.name)

    assert "data-00000-of-00002.arrow is a symbolic link" in refusal(folder)


@pytest.mark.parametrize(
    ("table", "keys", "text"),
    [
        (pa.table(NUMBERS), {}, "which column is to be predicted? its columns: a, b, name"),
        (
            pa.table(NUMBERS),
            {"target": "nam"},
            "has no column 'nam' (dataset.target) (did you mean",
        ),
        (pa.table(NUMBERS), {"target": "b", "inputs": "name"}, "name (string) is neither"),
        (pa.table({"x": [1.0, None], "label": [0, 1]}), {}, "column 'x' has no value in row 1"),
        (
            pa.table({"x": [1.0, np.nan], "label": [0, 1]}),
            {},
            "not finite, the first is nan at [1, 0]",
        ),
        (pa.table({"x": [1.0, 2], "label": [0, 0]}), {}, "all examples have the same class, 0"),
        (pa.table({"label": [0, 1]}), {}, "inputs are a column of images, or columns of numbers"),
    ],
)
def test_the_error_names_the_column(tmp_path, table, keys, text):
    assert text in refusal(save(table, tmp_path / "set", shards=1), **keys)


def test_rows_without_a_label_are_counted(tmp_path):
    table = image_table(6)
    unlabelled = table.set_column(1, "label", pa.array([0, 1, -1, -1, 0, 1]))

    assert "2 rows of train have no label (-1 in column 'label')" in refusal(
        save(unlabelled, tmp_path / "set")
    )


def test_images_outside_the_data_set_are_not_read(tmp_path):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    images = pa.array([{"bytes": None, "path": "/etc/passwd"}] * 4, kind)
    table = with_features(pa.table({"image": images, "label": [0, 1] * 2}), {})

    assert "lie in files outside the data set" in refusal(save(table, tmp_path / "set"))


def test_damaged_images_are_counted_and_named(tmp_path):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    images = pa.array([{"bytes": b"no image", "path": None}] * 4, kind)

    message = refusal(save(pa.table({"image": images, "label": [0, 1] * 2}), tmp_path / "set"))

    assert "4 of 4 images cannot be used" in message
    assert "image 0 cannot be read as an image" in message


def test_damaged_files_are_refused_or_read(tmp_path):
    folder = save(image_table(6), tmp_path / "set", shards=1)
    shard = folder / "data-00000-of-00001.arrow"
    whole, draw, refused = shard.read_bytes(), random.Random(0), 0
    for _ in range(60):
        shard.write_bytes(damaged(whole, draw))
        try:
            read(folder)
        except DataError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("name", ["gone", "empty", "test_only"])
def test_a_folder_without_training_rows_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    save_dict(tmp_path / "test_only", test=image_table(4))

    wanted = "there is no folder gone" if name == "gone" else "files to train on"
    assert wanted in refusal(tmp_path / name)
