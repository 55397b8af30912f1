"""Arrays that cannot be used, or must not be read: what the errors say."""

from __future__ import annotations

import io
import pickle
import random
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.npz import NPZConfig
from nnlab.data.arrays import npy
from nnlab.data.arrays.examples import build
from nnlab.errors import DataError
from tests.helpers.damage_bytes import damaged

X = np.random.default_rng(0).integers(0, 255, (12, 6, 6), dtype=np.uint8)
Y = np.arange(12) % 3


class Bomb:
    """What a pickle runs when it is read."""

    def __reduce__(self) -> tuple:
        return Path.touch, (Path("executed"),)


def refusal(path: Path, **keys) -> str:
    with pytest.raises(DataError) as caught:
        build(NPZConfig(path=str(path), **keys), Path())
    return str(caught.value).replace(f"{path.parent}/", "")


def refused(folder: Path, keys: dict | None = None, **arrays: np.ndarray) -> str:
    np.savez(folder / "set.npz", **arrays)
    return refusal(folder / "set.npz", **(keys or {}))


def npy_bytes(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("arrays", "keys", "text"),
    [
        ({"X": X, "y": Y[:-1]}, {}, "'y' has 11 targets, and set.npz: array 'X' has 12 examples"),
        ({"X": X}, {}, "no array is called as train targets are (targets, y, labels, y_train and"),
        (
            {"left": X, "right": Y, "z": Y},
            {},
            "its arrays: left, right, z\nsay which one holds them",
        ),
        (
            {"X": X, "images": X, "y": Y},
            {},
            "2 arrays that may be the train inputs: X, images\nchoose",
        ),
        (
            {"X": X, "y": Y},
            {"inputs": "x"},
            "has no array 'x' (dataset.inputs) (did you mean 'X'?)",
        ),
        ({"X": X, "y": Y, "x_test": X}, {}, "no array is called as test targets are"),
        ({"X": X[:, 0, 0], "y": Y}, {}, "has shape 12: inputs are images, N x H x W"),
        ({"X": X[:0], "y": Y[:0]}, {}, "has shape 0 x 6 x 6: there are no examples"),
        (
            {"X": X[..., None, None], "y": Y},
            {},
            "has shape (12, 6, 6, 1, 1); an array has at most 4",
        ),
        ({"X": np.zeros((12, 3, 5, 3)), "y": Y}, {}, "both can be that of the channels"),
        ({"X": np.zeros((12, 5, 5, 7)), "y": Y}, {}, "neither can be that of the channels"),
        ({"X": np.array([["a"]] * 12), "y": Y}, {}, "inputs are numbers, and these are texts"),
        ({"X": X + 1j, "y": Y}, {}, "has the type complex128; arrays of whole numbers"),
        ({"X": X, "y": X}, {}, "has shape 12 x 6 x 6: a target is one class or one number"),
        ({"X": X, "y": Y * 0}, {}, "all examples have the same class, 0"),
        (
            {"X": X, "y": Y + 0.5},
            {},
            "target 0 is 0.5, which numbers no class; to predict the number",
        ),
        ({"X": X, "y": np.arange(12) * 7 + 0.0}, {"task": "regression"}, ""),
        ({"X": X, "y": np.array([*"abc"] * 4)}, {"task": "regression"}, "texts such as 'a'"),
        (
            {"X": X, "y": Y},
            {"class_names": ("a", "b")},
            "has 2 names, and there are 3 classes: 0, 1, 2",
        ),
        (
            {"X": X, "y": Y, "class_names": np.array(["a", "b"])},
            {},
            "has 2 names, some of them equal",
        ),
        ({"X": X, "y": Y, "x_test": X, "y_test": Y + 1}, {}, "no training example has: 3"),
        ({"X": X, "y": Y, "x_test": X[:, 1:], "y_test": Y}, {}, "have different sizes"),
        (
            {"X": X, "y": Y, "x_test": X / 255, "y_test": Y},
            {},
            "different types, uint8 and float64",
        ),
    ],
)
def test_the_error_names_the_array_and_what_to_do(tmp_path, arrays, keys, text):
    if text:
        assert text in refused(tmp_path, keys, **arrays)
        return
    np.savez(tmp_path / "set.npz", **arrays)
    assert len(build(NPZConfig(path=str(tmp_path / "set.npz"), **keys), Path()).targets) == 12


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_place(tmp_path, value):
    rows = np.ones((12, 5))
    rows[7, 2] = rows[9, 1] = value

    assert f"2 values are not finite, the first is {value} at [7, 2]" in refused(
        tmp_path, X=rows, y=Y
    )


def test_quantities_are_no_classes_unless_the_experiment_says_so(tmp_path):
    numbers = np.arange(60) * 3

    message = refused(tmp_path, X=np.ones((60, 2)), y=numbers)

    assert "60 different numbers for 60 examples" in message
    assert "dataset.task=regression" in message


def test_objects_are_never_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    objects = np.array([Bomb()] * 12)
    np.savez(tmp_path / "set.npz", X=X, y=objects)
    np.save(tmp_path / "objects.npy", objects)
    (tmp_path / "whole.npz").write_bytes(pickle.dumps(Bomb()))

    for name in ("set.npz", "objects.npy"):
        assert "holds Python objects, which only a pickle can store" in refusal(
            tmp_path / name, **({"targets": "objects"} if name[0] == "o" else {})
        )
    assert "whole.npz is a pickle, which is never read" in refusal(tmp_path / "whole.npz")
    assert not (tmp_path / "executed").exists()


def test_links_are_not_followed(tmp_path):
    (tmp_path / "there").mkdir()
    np.savez(tmp_path / "there" / "set.npz", X=X, y=Y)
    (tmp_path / "link.npz").symlink_to(tmp_path / "there" / "set.npz")
    (tmp_path / "x.npy").symlink_to("/etc/passwd")
    np.save(tmp_path / "y.npy", Y)
    inside = zipfile.ZipInfo("X.npy")
    inside.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "inside.npz", "w") as archive:
        archive.writestr(inside, "/etc/passwd")
        archive.writestr("y.npy", npy_bytes(Y))

    for name in ("link.npz", "x.npy", "inside.npz"):
        assert "is a symbolic link" in refusal(tmp_path / name)
    assert "is a symbolic link" in refusal(tmp_path / "there" / "..")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "empty", None)  # nothing may be allocated
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("X.npy", "w", force_zip64=True) as file:
            file.write(
                npy_bytes(np.zeros((1, 1), np.uint8)).replace(b"(1, 1)", b"(400000000, 1)")[:128]
            )
            for _ in range(400):
                file.write(bytes(1_000_000))
        archive.writestr("y.npy", npy_bytes(Y))

    assert "more than 200 times as many" in refusal(tmp_path / "bomb.npz")


def test_an_array_that_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npy, "available_host_memory", lambda: 1000)
    monkeypatch.setattr(npy, "SMALL_BYTES", 100)
    np.savez_compressed(tmp_path / "set.npz", X=np.tile(X, (10, 1, 1)), y=np.tile(Y, 10))

    message = refusal(tmp_path / "set.npz")

    assert "shape (120, 6, 6) of uint8 needs 4.3 kB of memory, and 1.0 kB is available" in message


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            b"(12, 6, 6)",
            b"(99, 6, 6)",
            "expected 3,564 bytes for uint8 of shape (99, 6, 6), got 432",
        ),
        (b"(12, 6, 6)", b"(11, 6, 6)", "more follows than it should"),
        (b"(12, 6, 6)", b"(-2, 6, 6)", "has shape (-2, 6, 6)"),
        (b"'|u1'", b"'|O' ", "holds Python objects"),
        (b"'|u1'", b"'|V1'", "has the type |V1"),
        (b"\x93NUMPY\x01", b"\x93NUMPY\x07", "is no NumPy array"),
        (b"'descr'", b"'dexcr'", "is no NumPy array"),
    ],
)
@pytest.mark.parametrize("kind", ["npy", "stored"])
def test_a_header_that_lies_is_refused(tmp_path, kind, old, new, text):
    content = npy_bytes(X).replace(old, new)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / "x.npy").write_bytes(content)
    path = tmp_path / "x.npy"
    if kind == "stored":
        path = tmp_path / "set.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", content)
            archive.writestr("y.npy", npy_bytes(Y))

    assert text in refusal(path)


def test_a_flipped_bit_or_a_cut_is_found(tmp_path):
    np.savez(tmp_path / "set.npz", X=X, y=Y)
    whole = (tmp_path / "set.npz").read_bytes()
    place = whole.index(X.tobytes()) + 50
    path = tmp_path / "bad.npz"

    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert "is damaged: its checksum is" in refusal(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert "is no .npz archive" in refusal(path)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / "x.npy").write_bytes(npy_bytes(X)[:-7])
    assert "got 425: it is cut off" in refusal(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("none.npz", "there is no file none.npz"),
        ("empty", "has no .npy files"),
        ("text.npz", "is no .npz archive; save arrays by np.savez"),
        ("other.npz", "has no arrays (notes.txt)"),
        ("twice.npz", "has two arrays of the same name"),
    ],
)
def test_what_is_no_set_of_arrays_is_refused(tmp_path, name, text):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("X")
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("notes.txt", "X")
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        archive.writestr("X.npy", npy_bytes(X))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("X.npy", npy_bytes(X))

    assert text in refusal(tmp_path / name)


def test_damaged_archives_are_refused_or_read_with_the_same_values(tmp_path):
    np.savez(tmp_path / "a.npz", X=X, y=Y)
    np.savez_compressed(tmp_path / "b.npz", X=X, y=Y)
    draw, path = random.Random(0), tmp_path / "damaged.npz"
    for number in range(300):
        path.write_bytes(damaged((tmp_path / f"{'ab'[number % 2]}.npz").read_bytes(), draw))
        try:
            examples = build(NPZConfig(path=str(path)), Path())
        except DataError:
            continue
        np.testing.assert_array_equal(examples.inputs[:, 0], X)
