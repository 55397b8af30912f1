from __future__ import annotations

import gzip
import io
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from nnlab.data.archives import FOLDERS, import_from, is_installed, map_verified
from nnlab.data.archives import archives as official_files
from nnlab.errors import DataError
from tests.helpers.archives import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    flip,
    link,
    raw,
)

ALL_NAMES = f"{TRAIN_IMAGES}, {TRAIN_LABELS}, {TEST_IMAGES}, {TEST_LABELS}"


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def refusal(folder: Path, root: Path) -> str:
    with pytest.raises(DataError) as caught:
        import_from(folder, root)
    return str(caught.value)


@pytest.mark.archives
def test_import_unpacks_both_data_sets_from_anywhere_below_a_folder(archives, installed_data):
    assert files_below(installed_data) == sorted(
        f"{folder}/raw/{name}"
        for folder in ("MNIST", "FashionMNIST")
        for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    )
    for dataset in FOLDERS:
        for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS):
            packed = raw(archives, dataset, f"{name}.gz").read_bytes()
            assert raw(installed_data, dataset, name).read_bytes() == gzip.decompress(packed)


@pytest.mark.archives
def test_import_takes_packed_and_unpacked_files_in_different_folders(
    archives, three_of_mnist, tmp_path
):
    link(three_of_mnist / "more" / "labels", raw(archives, "mnist", f"{TEST_LABELS}.gz"))
    root = tmp_path / "data"

    imported = import_from(three_of_mnist, root)

    assert imported == ["mnist"]
    assert is_installed("mnist", root)
    assert not is_installed("fashion_mnist", root)
    assert len(map_verified("mnist", official_files("mnist")[3], root)) == 10_008


@pytest.mark.archives
def test_import_tells_files_of_the_same_names_apart_by_their_digests(
    archives, installed_data, tmp_path
):
    mixed = tmp_path / "mixed"
    for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS):
        link(mixed, raw(archives, "mnist", f"{name}.gz"))
        link(mixed, raw(installed_data, "fashion_mnist", name))
    root = tmp_path / "data"

    imported = import_from(mixed, root)

    assert imported == ["mnist", "fashion_mnist"]
    for dataset in FOLDERS:
        for name in (TRAIN_LABELS, TEST_LABELS):
            installed = raw(root, dataset, name).read_bytes()
            assert installed == raw(installed_data, dataset, name).read_bytes()


@pytest.mark.archives
def test_import_repairs_a_corrupt_installed_file(
    installed_labels, label_bytes, installed_data, tmp_path
):
    installed_labels.write_bytes(b"rubbish")

    import_from(installed_data / "MNIST", tmp_path / "data")

    assert installed_labels.read_bytes() == label_bytes


@pytest.mark.archives
def test_import_skips_a_damaged_copy_next_to_a_good_one(three_of_mnist, label_bytes, tmp_path):
    (three_of_mnist / TEST_LABELS).write_bytes(b"rubbish")
    (three_of_mnist / f"{TEST_LABELS} (1).gz").write_bytes(gzip.compress(label_bytes))

    assert import_from(three_of_mnist, tmp_path / "data") == ["mnist"]


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.archives
@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t10k-labels.idx1-ubyte", bytes),
        ("t10k-labels.idx1-ubyte.gz", gzip.compress),
        ("T10K-LABELS-IDX1-UBYTE", bytes),
        ("t10k-labels-idx1-ubyte/t10k-labels-idx1-ubyte", bytes),
        ("t10k-labels-idx1-ubyte-2.gz", bytes),
        ("download", gzip.compress),
        ("archive.zip", lambda labels: zipped("a/t10k-labels.idx1-ubyte", labels)),
    ],
)
def test_a_file_is_known_by_its_digest_whatever_its_name(
    three_of_mnist, label_bytes, tmp_path, name, pack
):
    path = three_of_mnist / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pack(label_bytes))

    assert import_from(three_of_mnist, tmp_path / "data") == ["mnist"]


@pytest.mark.archives
@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        ("", lambda labels: flip(labels, 5000)),
        ("", lambda labels: labels[:-1]),
        ("", lambda labels: labels + b"\0"),
        ("", lambda labels: b""),
        (".gz", lambda labels: flip(gzip.compress(labels), 3000)),
        (".gz", lambda labels: gzip.compress(labels)[:3000]),
        (".gz", lambda labels: gzip.compress(labels)[:-8]),
        (".gz", lambda labels: gzip.compress(labels) + b"more"),
        (".gz", lambda labels: gzip.compress(labels + bytes(10**7))),
        (".gz", lambda labels: gzip.compress(labels)[:10] + b"\xff" * 100),
        (".gz", lambda labels: b"<html>404</html>"),
        (".zip", lambda labels: zipped("x", labels)[:3000]),
        (".zip", lambda labels: zipped("x", labels + b"\0")),
    ],
    ids=[
        "flipped bit",
        "cut by a byte",
        "longer by a byte",
        "empty",
        "flipped bit in gz",
        "cut gz",
        "gz without checksum",
        "bytes after gz",
        "gz bomb",
        "gz of rubbish",
        "web page",
        "cut zip",
        "longer member of a zip",
    ],
)
def test_a_data_set_with_one_damaged_file_is_not_installed(
    three_of_mnist, label_bytes, tmp_path, suffix, damage
):
    (three_of_mnist / f"{TEST_LABELS}{suffix}").write_bytes(damage(label_bytes))
    root = tmp_path / "data"

    message = refusal(three_of_mnist, root)

    assert message == (
        f"no complete data set in {three_of_mnist}\n"
        f"mnist: missing or corrupt: {TEST_LABELS}\n"
        f"fashion_mnist: missing or corrupt: {ALL_NAMES}"
    )
    assert not root.exists()


@pytest.mark.archives
def test_a_damaged_data_set_does_not_keep_the_other_from_being_installed(
    three_of_mnist, installed_data, tmp_path
):
    shutil.copytree(installed_data / "FashionMNIST", three_of_mnist / "fashion", symlinks=False)
    (three_of_mnist / TEST_LABELS).write_bytes(b"rubbish")
    root = tmp_path / "data"

    imported = import_from(three_of_mnist, root)

    assert imported == ["fashion_mnist"]
    assert {name.split("/")[0] for name in files_below(root)} == {"FashionMNIST"}
    assert len(files_below(root)) == 4


def test_an_archive_that_would_fill_the_memory_is_unpacked_only_to_its_right_size(tmp_path):
    bomb = tmp_path / "bomb"
    bomb.mkdir()
    (bomb / f"{TEST_LABELS}.gz").write_bytes(gzip.compress(bytes(10**8)))
    tracemalloc.start()

    message = refusal(bomb, tmp_path / "data")

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message.startswith(f"no complete data set in {bomb}\n")
    assert peak_bytes < 5_000_000


def test_import_from_a_folder_without_archives_names_the_missing_files(tmp_path):
    folder = tmp_path / "empty"
    (folder / TRAIN_IMAGES).mkdir(parents=True)
    (folder / "notes.txt").write_text("nothing")
    root = tmp_path / "data"

    message = refusal(folder, root)

    assert message == (
        f"no complete data set in {folder}\n"
        f"mnist: missing or corrupt: {ALL_NAMES}\n"
        f"fashion_mnist: missing or corrupt: {ALL_NAMES}"
    )
    assert not root.exists()


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_import_from_something_other_than_a_folder_is_refused(tmp_path, kind):
    place = tmp_path / "place"
    if kind == "file":
        place.write_bytes(b"")

    assert refusal(place, tmp_path / "data") == f"there is no folder {place}"
