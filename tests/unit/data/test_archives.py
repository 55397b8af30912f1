from __future__ import annotations

import gzip
import hashlib
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nnlab.cli import data as commands
from nnlab.config.datasets import FashionMNISTConfig, MNISTConfig
from nnlab.data.archives import FOLDERS, import_from, installed_path, is_installed, map_verified
from nnlab.data.archives import archives as official_files
from nnlab.data.vision import build
from nnlab.errors import ConfigError, DataError

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
TEST_LABELS_SHA256 = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
ALL_NAMES = f"{TRAIN_IMAGES}, {TRAIN_LABELS}, {TEST_IMAGES}, {TEST_LABELS}"


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def raw(root: Path, dataset: str, name: str) -> Path:
    return root / FOLDERS[dataset] / "raw" / name


def link(folder: Path, source: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / source.name).symlink_to(source)


def refusal(folder: Path, root: Path) -> str:
    with pytest.raises(DataError) as caught:
        import_from(folder, root)
    return str(caught.value)


@pytest.fixture
def label_bytes(archives: Path) -> bytes:
    """The 10,008 bytes of MNIST's test labels."""
    return gzip.decompress(raw(archives, "mnist", f"{TEST_LABELS}.gz").read_bytes())


@pytest.fixture
def installed_labels(label_bytes: bytes, tmp_path: Path) -> Path:
    """MNIST's test labels alone, where they are once installed."""
    path = raw(tmp_path / "data", "mnist", TEST_LABELS)
    path.parent.mkdir(parents=True)
    path.write_bytes(label_bytes)
    return path


@pytest.fixture
def three_of_mnist(installed_data: Path, tmp_path: Path) -> Path:
    """A folder with all of MNIST but the test labels."""
    folder = tmp_path / "given"
    for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES):
        link(folder, raw(installed_data, "mnist", name))
    return folder


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
def test_import_mends_a_corrupt_installed_file(
    installed_labels, label_bytes, installed_data, tmp_path
):
    installed_labels.write_bytes(b"rubbish")

    import_from(installed_data / "MNIST", tmp_path / "data")

    assert installed_labels.read_bytes() == label_bytes


@pytest.mark.archives
def test_import_passes_over_a_damaged_copy_beside_a_good_one(three_of_mnist, label_bytes, tmp_path):
    (three_of_mnist / TEST_LABELS).write_bytes(b"rubbish")
    (three_of_mnist / f"{TEST_LABELS} (1).gz").write_bytes(gzip.compress(label_bytes))

    assert import_from(three_of_mnist, tmp_path / "data") == ["mnist"]


def flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


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
        (".gz", lambda labels: labels),
        (".gz", lambda labels: b"<html>404</html>"),
        (".zip", lambda labels: labels),
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
        "not packed",
        "web page",
        "other suffix",
    ],
)
def test_a_data_set_with_one_damaged_file_is_not_installed(
    three_of_mnist, label_bytes, tmp_path, suffix, damage
):
    (three_of_mnist / f"{TEST_LABELS}{suffix}").write_bytes(damage(label_bytes))
    root = tmp_path / "data"

    message = refusal(three_of_mnist, root)

    assert message == (
        f"no complete data set below {three_of_mnist}\n"
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
    assert message.startswith(f"no complete data set below {bomb}\n")
    assert peak_bytes < 5_000_000


def test_import_from_a_folder_without_archives_names_what_is_missing(tmp_path):
    folder = tmp_path / "empty"
    (folder / TRAIN_IMAGES).mkdir(parents=True)
    (folder / "notes.txt").write_text("nothing")
    root = tmp_path / "data"

    message = refusal(folder, root)

    assert message == (
        f"no complete data set below {folder}\n"
        f"mnist: missing or corrupt: {ALL_NAMES}\n"
        f"fashion_mnist: missing or corrupt: {ALL_NAMES}"
    )
    assert not root.exists()


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_import_from_what_is_no_folder_is_refused(tmp_path, kind):
    place = tmp_path / "place"
    if kind == "file":
        place.write_bytes(b"")

    assert refusal(place, tmp_path / "data") == f"there is no folder {place}"


@pytest.mark.archives
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (
            lambda labels: flip(labels, 9),
            f"SHA-256 is {{found}}, expected {TEST_LABELS_SHA256}",
        ),
        (lambda labels: labels[:-1], "expected 10,008 bytes, got 10,007"),
        (lambda labels: labels + b"\0", "expected 10,008 bytes, got 10,009"),
        (lambda labels: b"", "expected 10,008 bytes, got 0"),
    ],
    ids=["flipped bit", "cut", "longer", "empty"],
)
def test_a_corrupt_installed_file_is_refused_with_the_command_that_mends_it(
    installed_labels, label_bytes, tmp_path, damage, problem
):
    damaged = damage(label_bytes)
    installed_labels.write_bytes(damaged)

    with pytest.raises(DataError) as caught:
        map_verified("mnist", official_files("mnist")[3], tmp_path / "data")

    found = hashlib.sha256(damaged).hexdigest()
    assert str(caught.value) == (
        f"{installed_labels} is corrupt: {problem.format(found=found)}\n"
        "mend it with: nnlab data fetch mnist --force"
    )
    assert caught.value.exit_code == 3
    assert installed_labels.read_bytes() == damaged


@pytest.mark.archives
def test_no_flipped_bit_of_an_installed_file_is_accepted(installed_labels, label_bytes, tmp_path):
    for place in range(0, len(label_bytes), 401):
        installed_labels.write_bytes(flip(label_bytes, place))

        with pytest.raises(DataError, match="is corrupt: SHA-256 is"):
            map_verified("mnist", official_files("mnist")[3], tmp_path / "data")


@pytest.mark.archives
def test_the_same_file_of_the_other_data_set_is_corrupt(installed_labels, archives, tmp_path):
    fashion = raw(archives, "fashion_mnist", f"{TEST_LABELS}.gz").read_bytes()
    installed_labels.write_bytes(gzip.decompress(fashion))

    with pytest.raises(DataError, match="is corrupt: SHA-256 is"):
        map_verified("mnist", official_files("mnist")[3], tmp_path / "data")


def test_a_missing_installed_file_is_refused_with_both_ways_to_get_it(tmp_path):
    with pytest.raises(DataError) as caught:
        map_verified("fashion_mnist", official_files("fashion_mnist")[0], tmp_path)

    assert str(caught.value) == (
        f"fashion_mnist is not in {tmp_path}\n"
        "with a network:     nnlab data fetch fashion_mnist\n"
        "without a network:  nnlab data import DIR   (a folder with the official .gz files)"
    )
    assert caught.value.exit_code == 3


def test_both_data_sets_have_the_same_file_names_and_other_digests():
    mnist, fashion = official_files("mnist"), official_files("fashion_mnist")

    assert [(a.name, a.size_bytes) for a in mnist] == [(a.name, a.size_bytes) for a in fashion]
    assert len({a.sha256 for a in [*mnist, *fashion]}) == 8


def offline_message(dataset: str, root: Path) -> str:
    return (
        f"{dataset} is not in {root}, and NNLAB_OFFLINE=1 forbids to fetch it\n"
        f"with a network:     nnlab data fetch {dataset}\n"
        "without a network:  nnlab data import DIR   (a folder with the official .gz files)"
    )


@pytest.mark.parametrize(
    "config", [MNISTConfig(), FashionMNISTConfig()], ids=["mnist", "fashion_mnist"]
)
def test_offline_a_data_set_that_is_not_installed_is_refused(tmp_path, config):
    root = tmp_path / "data"

    with pytest.raises(DataError) as caught:
        build(config, root)

    assert str(caught.value) == offline_message(config.name, root)
    assert caught.value.exit_code == 3
    assert not root.exists()


@pytest.mark.archives
def test_offline_a_data_set_that_lacks_one_file_is_refused(three_of_mnist, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(three_of_mnist, root / "MNIST" / "raw", symlinks=True)

    with pytest.raises(DataError) as caught:
        build(MNISTConfig(), root)

    assert str(caught.value) == offline_message("mnist", root)


def test_offline_the_fetch_command_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        commands.fetch(["fashion_mnist"], tmp_path, force=False)

    assert str(caught.value) == offline_message("fashion_mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.archives
@pytest.mark.parametrize(
    ("config", "first_labels", "mean", "deviation"),
    [
        (MNISTConfig(), [5, 0, 4, 1, 9], 0.1307, 0.3081),
        (FashionMNISTConfig(), [9, 0, 0, 3, 0], 0.2860, 0.3530),
    ],
    ids=["mnist", "fashion_mnist"],
)
def test_images_are_the_published_ones_with_the_test_part_last(
    installed_data, config, first_labels, mean, deviation
):
    examples = build(config, installed_data)

    assert examples.inputs.shape == (70_000, 1, 28, 28)
    assert examples.inputs.dtype == np.uint8
    assert examples.targets.dtype == np.int64
    assert examples.num_official_test == 10_000
    assert len(examples.class_names) == 10
    assert examples.targets[:5].tolist() == first_labels
    test_labels = raw(installed_data, config.name, TEST_LABELS).read_bytes()[8:]
    assert examples.targets[60_000:].astype(np.uint8).tobytes() == test_labels
    counts = sum(
        np.bincount(images.ravel(), minlength=256)
        for images in np.split(examples.inputs[:60_000], 60)
    )
    values, shares = np.arange(256) / 255, counts / counts.sum()
    # The constants that the field publishes are rounded to four digits.
    assert shares @ values == pytest.approx(mean, abs=5e-5)
    assert np.sqrt(shares @ (values - mean) ** 2) == pytest.approx(deviation, abs=5e-5)


@pytest.mark.archives
def test_the_import_command_says_where_data_are_installed(
    three_of_mnist, label_bytes, tmp_path, capsys
):
    (three_of_mnist / TEST_LABELS).write_bytes(label_bytes)
    root = tmp_path / "data"

    commands.import_folder(three_of_mnist, root)

    assert capsys.readouterr().out == f"mnist: installed in {root}\n"


@pytest.mark.archives
def test_the_verify_command_reads_every_installed_file(installed_data, capsys):
    commands.verify([], installed_data)

    assert capsys.readouterr().out == (
        "mnist: all four files are the official ones\n"
        "fashion_mnist: all four files are the official ones\n"
    )


@pytest.mark.archives
def test_the_verify_command_refuses_a_corrupt_file(installed_data, tmp_path):
    root = tmp_path / "data"
    for archive in official_files("mnist"):
        link(root / "MNIST" / "raw", installed_path("mnist", archive, installed_data))
    damaged = raw(root, "mnist", TEST_LABELS)
    damaged.unlink()
    damaged.write_bytes(bytes(10_008))

    with pytest.raises(DataError) as caught:
        commands.verify([], root)

    assert str(caught.value).startswith(f"{damaged} is corrupt: SHA-256 is ")


@pytest.mark.archives
def test_the_fetch_command_leaves_installed_data_alone(installed_data, capsys):
    commands.fetch(["mnist"], installed_data, force=False)

    assert capsys.readouterr().out == f"mnist: installed in {installed_data}\n"


@pytest.mark.parametrize(
    "command",
    [lambda names, root: commands.fetch(names, root, force=False), commands.verify],
    ids=["fetch", "verify"],
)
def test_an_unknown_data_set_is_refused_with_the_nearest_name(tmp_path, command):
    with pytest.raises(ConfigError) as caught:
        command(["mnits"], tmp_path)

    assert str(caught.value) == (
        "unknown data set 'mnits' (did you mean 'mnist'?); to fetch: mnist, fashion_mnist"
    )
