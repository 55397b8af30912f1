"""The user's own folders of images: their order, parts, sizes and cache, and what is refused."""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlab.config.image_folder import ImageFolderConfig
from nnlab.data.folders import cache
from nnlab.data.folders.examples import build
from nnlab.data.splits.division import divide
from nnlab.data.types import Examples
from nnlab.errors import DataError, StorageError
from tests.helpers.image_folders import COLOURS, write_classes, write_image


def read(folder: Path, **keys) -> Examples:
    config = ImageFolderConfig(**{"path": str(folder), "size": 8, **keys})
    return build(config, folder.parent / "cache")


def refusal(folder: Path, **keys) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, **keys)
    return str(caught.value).replace(f"{folder.parent}/", "")


def test_each_folder_is_a_class_and_images_are_in_the_order_of_bytes(tmp_path):
    folder = write_classes(tmp_path / "set", 11)

    found = read(folder)

    assert found.inputs.shape == (33, 3, 8, 8)
    assert (found.inputs.dtype, found.class_names) == (np.uint8, ("blue", "green", "red"))
    assert found.targets.tolist() == [0] * 11 + [1] * 11 + [2] * 11
    means = found.inputs[22:].mean(axis=(0, 2, 3))
    np.testing.assert_allclose(means, COLOURS["red"], atol=3)
    names = sorted(os.fsencode(f"{n}.png") for n in range(11))
    assert names[2] == b"10.png"  # by bytes, not by value
    second = np.asarray(Image.open(folder / "blue" / names[2].decode()).resize((8, 8), 2))
    np.testing.assert_array_equal(found.inputs[2], second.transpose(2, 0, 1))


@pytest.mark.parametrize("layout", ["train_and_test", "test_beside_classes"])
def test_a_test_folder_is_the_official_test_set(tmp_path, layout):
    folder = tmp_path / "set"
    write_classes(folder / "train" if layout == "train_and_test" else folder, 4)
    write_classes(folder / "test", 2, first=10)

    found = read(folder)
    parts = divide(ImageFolderConfig(path="-").split, found)

    assert found.num_official_test == 6
    assert parts.test.tolist() == [*range(12, 18)]


def test_a_validation_folder_is_the_validation_split(tmp_path):
    for part, count in {"train": 4, "valid": 1, "test": 2}.items():
        write_classes(tmp_path / "set" / part, count)

    found = read(tmp_path / "set")
    parts = divide(ImageFolderConfig(path="-").split, found)

    assert [len(parts.train), len(parts.val), len(parts.test)] == [12, 3, 6]


def test_a_class_may_be_called_test(tmp_path):
    for label in ("test", "fail"):
        write_image(tmp_path / "set" / label / "1.png", (9, 9, 9))

    assert read(tmp_path / "set").class_names == ("fail", "test")


@pytest.mark.parametrize(
    ("header", "suffix"), [("file_name,label", ".png"), ("id,y", ""), ("label;image", ".png")]
)
def test_a_table_names_the_images_and_their_labels(tmp_path, header, suffix):
    folder = tmp_path / "set"
    lines = [header]
    for number, (label, colour) in enumerate([*COLOURS.items(), *COLOURS.items()]):
        write_image(folder / "images" / f"{number}.png", colour)
        name = f"images/{number}{suffix}"
        lines.append(f"{label};{name}" if ";" in header else f"{name},{label}")
    (folder / "labels.csv").write_text("\n".join(lines))

    found = read(folder, labels="labels.csv")

    assert [found.class_names[i] for i in found.targets] == [*COLOURS, *COLOURS]
    np.testing.assert_allclose(found.inputs[0].mean(axis=(1, 2)), COLOURS["red"], atol=3)


@pytest.mark.parametrize(
    ("fit", "columns"), [("crop", (200, 200)), ("pad", (0, 0)), ("stretch", (114, 114))]
)
def test_another_aspect_ratio_is_cropped_padded_or_stretched(tmp_path, fit, columns):
    wide = np.full((10, 30), 200, np.uint8)
    wide[:, :5] = wide[:, -5:] = 100
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        Image.fromarray(wide).save(tmp_path / "set" / label / "1.png")

    (pixels,) = read(tmp_path / "set", size=6, channels=1, fit=fit).inputs[0]

    # Stretched, the first of 6 columns has the first 5 of 30, and some of the next ones.
    edges = (pixels[:, 0], pixels[:, -1]) if fit != "pad" else (pixels[0], pixels[-1])
    assert tuple(int(edge.mean()) for edge in edges) == columns


def test_grey_turned_transparent_and_deep_images_are_converted(tmp_path):
    folder = tmp_path / "set"
    for label in "ab":
        (folder / label).mkdir(parents=True)
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(folder / "a" / "clear.png")
    Image.fromarray(np.full((8, 8), 4095, np.uint16)).save(folder / "a" / "deep.png")
    turned = Image.new("L", (8, 8), 0)
    turned.paste(255, (0, 0, 8, 4))
    turned.save(folder / "b" / "turned.jpg", exif=_orientation(6))

    clear, deep, turned_pixels = read(folder, channels=1).inputs[:, 0]

    assert (clear.min(), deep.min()) == (255, 255)
    assert turned_pixels[:, -1].min() > 200 > 50 > turned_pixels[:, 0].max()


def _orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def test_a_second_reading_maps_what_the_first_decoded(tmp_path, monkeypatch):
    folder = write_classes(tmp_path / "set")
    first = read(folder)
    monkeypatch.setattr(cache, "read_pixels", None)

    second = read(folder)

    assert isinstance(second.inputs, np.memmap)
    np.testing.assert_array_equal(second.inputs, first.inputs)
    assert second.sha256 == first.sha256


@pytest.mark.parametrize("change", ["bytes", "name", "option"])
def test_what_changed_is_decoded_again(tmp_path, change):
    folder = write_classes(tmp_path / "set")
    before = read(folder)
    if change == "bytes":
        write_image(folder / "red" / "0.png", (0, 0, 0))
    if change == "name":
        (folder / "red" / "0.png").rename(folder / "red" / "7.png")

    after = read(folder, **({"fit": "pad"} if change == "option" else {}))

    assert (after.sha256 == before.sha256) == (change == "option")
    assert len([*(tmp_path / "cache" / "images").glob("*.npy")]) == 2


def test_a_damaged_cache_is_decoded_again(tmp_path, caplog):
    folder = write_classes(tmp_path / "set")
    before = np.array(read(folder).inputs)
    (kept,) = (tmp_path / "cache" / "images").glob("*.npy")
    content = bytearray(kept.read_bytes())
    content[-1] ^= 1
    kept.write_bytes(content)

    np.testing.assert_array_equal(read(folder).inputs, before)
    assert "is damaged; the images are read again" in caplog.text


def test_a_long_reading_says_how_far_it_is(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(cache, "SECONDS_BETWEEN_NOTES", 0)

    read(write_classes(tmp_path / "set"))

    assert "5 of 12 images read" in caplog.text


def test_other_files_are_left_alone_and_named(tmp_path, caplog):
    folder = write_classes(tmp_path / "set")
    (folder / "red" / "notes.txt").write_text("x")
    (folder / "red" / ".DS_Store").write_text("x")
    (folder / "readme.md").write_text("x")

    with caplog.at_level(logging.WARNING):
        assert len(read(folder).targets) == 12

    assert "1 file left alone, no images by their names: notes.txt" in caplog.text


def test_all_images_that_cannot_be_read_are_counted_and_named(tmp_path):
    folder = write_classes(tmp_path / "set")
    whole = (folder / "red" / "1.png").read_bytes()
    (folder / "red" / "1.png").write_bytes(whole[: len(whole) // 2])
    (folder / "blue" / "2.png").write_bytes(b"")
    (folder / "green" / "3.png").write_text("<html>")

    message = refusal(folder)

    assert "3 of 12 images cannot be used" in message
    for name in ("red/1.png", "blue/2.png", "green/3.png"):
        assert f"{name} cannot be read as an image" in message
    assert not [*(tmp_path / "cache" / "images").iterdir()]


@pytest.mark.parametrize("what", ["file", "folder", "class"])
def test_links_are_refused(tmp_path, what):
    folder = write_classes(tmp_path / "set")
    secret = write_classes(tmp_path / "secret")
    link = {"file": "red/9.png", "folder": "red/more", "class": "black"}[what]
    (folder / link).symlink_to(secret / "red" / "0.png" if what == "file" else secret / "red")

    assert f"set/{link} is a symbolic link; links are not followed" in refusal(folder)


def test_an_image_of_too_many_pixels_is_not_unpacked(tmp_path):
    folder = write_classes(tmp_path / "set")
    stream = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(stream, "PNG")
    (folder / "red" / "bomb.png").write_bytes(stream.getvalue())

    assert "it has 20,000 x 20,000 pixels" in refusal(folder)


@pytest.mark.parametrize(
    ("prepare", "keys", "text"),
    [
        (lambda f: None, {}, "there is no folder set"),
        (lambda f: f.mkdir(), {}, "set has no images in folders that name their classes"),
        (lambda f: write_image(f / "a" / "1.png", (1, 2, 3)), {}, "has only one class, 'a'"),
        (lambda f: (write_classes(f), (f / "none").mkdir()), {}, "none has no images (.bmp"),
        (write_classes, {"split": {"test": "official"}}, "has no folder test beside train"),
        (
            lambda f: (
                write_classes(f / "train"),
                write_image(f / "test" / "x" / "1.png", (1, 2, 3)),
            ),
            {},
            "no training image shows x",
        ),
        (
            lambda f: (write_classes(f / "train"), write_classes(f / "Training")),
            {},
            "has two folders for the same part: Training, train",
        ),
    ],
    ids=["missing", "empty", "one_class", "empty_class", "no_test", "new_class", "twice"],
)
def test_the_error_says_what_is_missing(tmp_path, prepare, keys, text):
    prepare(tmp_path / "set")

    assert text in refusal(tmp_path / "set", **keys)


@pytest.mark.parametrize(
    ("table", "keys", "text"),
    [
        (
            "file,label\n1.png,a\n9.png,b",
            {},
            "1 of 2 names are no images of the folder, such as 9.png",
        ),
        ("file,label\n1.png,a\n1.png,b", {}, "1 images are named twice, such as 1.png"),
        ("file,label\n../set/1.png,a\n2.png,b", {}, "such as ../set/1.png"),
        ("file,label\n1.png,\n2.png,b", {}, "label"),
        ("what,label\n1.png,a\n2.png,b", {}, "say which one it is: dataset.file_column=NAME"),
        ("file,label\n1.png,a\n2.png,b", {"label_column": "kind"}, "there is no column 'kind'"),
    ],
)
def test_the_error_names_what_is_wrong_with_the_table(tmp_path, table, keys, text):
    for number in (1, 2):
        write_image(tmp_path / "set" / f"{number}.png", (1, 2, 3))
    (tmp_path / "set" / "labels.csv").write_text(table)

    assert text in refusal(tmp_path / "set", labels="labels.csv", **keys)


def test_a_disk_that_is_too_small_is_named_with_the_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())

    with pytest.raises(StorageError, match=r"need 2.3 kB, and 1.0 kB is free"):
        read(write_classes(tmp_path / "set"))
