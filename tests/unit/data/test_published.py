"""Published sets by their name in torchvision, from small archives in the original formats.

The original archives were never at hand here: their checksums are compared with torchvision's.
"""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets as originals

from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from nnlab.config.published import TorchvisionConfig
from nnlab.config.published_names import NAMES
from nnlab.data.published import sets
from nnlab.data.published.examples import build
from nnlab.data.published.sets import PICKLED, folder_of
from nnlab.errors import DataError
from tests.helpers import published
from tests.helpers.published import NUM_TEST, install, parts_of

EXPERIMENT = """\
dataset: {name: torchvision, %s}
model: {name: mlp}
optimizer: {name: adam, lr: 0.01}
"""


def config(name: str) -> TorchvisionConfig:
    return TorchvisionConfig(dataset=name, subset="digits" if name == "EMNIST" else None)


@pytest.mark.parametrize("name", NAMES)
def test_images_are_those_in_the_archive_with_the_test_part_last(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(name, tmp_path, monkeypatch)
    found, parts = build(config(name), tmp_path), parts_of(name)
    images = np.concatenate([part.images for part in parts])
    assert found.inputs.dtype == np.uint8
    tolerance = 1 if name == "USPS" else 0  # it rounds values with four decimals down
    assert np.abs(found.inputs.astype(int) - images).max() <= tolerance
    assert found.targets.dtype == np.int64
    assert found.targets.tolist() == np.concatenate([part.labels for part in parts]).tolist()
    assert found.num_official_test == NUM_TEST
    assert len(found.class_names) == 10
    assert len(found.sha256) == 64


@pytest.mark.parametrize("name", ["KMNIST", "QMNIST", "SVHN", "USPS"])
def test_torchvision_reads_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(name, tmp_path, monkeypatch)
    found, folder = build(config(name), tmp_path), folder_of(name, tmp_path)
    if name in {"KMNIST", "QMNIST"}:
        (tmp_path / name).mkdir()
        (tmp_path / name / "raw").symlink_to(folder)
        for file in folder.glob("*.gz"):
            file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        original = getattr(originals, name)(tmp_path, train=False)
        images, labels = original.data[:, None].numpy(), original.targets.numpy()
        labels = labels[:, 0] if labels.ndim == 2 else labels
    elif name == "SVHN":
        monkeypatch.setattr(originals.SVHN, "_check_integrity", lambda _: True)
        original = originals.SVHN(folder, split="test")
        images, labels = original.data, original.labels
    else:
        original = originals.USPS(folder, train=False)
        images, labels = original.data[:, None], np.array(original.targets)
    assert (found.inputs[-NUM_TEST:] == images).all()
    assert (found.targets[-NUM_TEST:] == labels).all()


def test_checksums_are_those_of_torchvision() -> None:
    known = {name: {r.file: r.md5 for r in resources} for name, resources in sets.SETS.items()}
    assert known["KMNIST"] == dict(originals.KMNIST.resources)
    of_qmnist = [*originals.QMNIST.resources["train"], *originals.QMNIST.resources["test"]]
    assert [tuple(resource) for resource in sets.SETS["QMNIST"]] == of_qmnist
    assert tuple(sets.SETS["EMNIST"][0]) == (originals.EMNIST.url, originals.EMNIST.md5)
    assert tuple(sets.SETS["STL10"][0]) == (originals.STL10.url, originals.STL10.tgz_md5)
    for name in ("SVHN", "USPS"):
        listed = getattr(originals, name).split_list
        assert [tuple(resource) for resource in sets.SETS[name]] == [
            (listed[split][0], listed[split][2]) for split in ("train", "test")
        ]


@pytest.mark.parametrize(
    ("subset", "count", "first"),
    [("letters", 26, "a"), ("balanced", 47, "0"), ("byclass", 62, "0"), ("bymerge", 47, "0")],
)
def test_sets_of_emnist_have_their_own_classes(
    subset: str, count: int, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("EMNIST", tmp_path, monkeypatch, subset)
    found = build(TorchvisionConfig(dataset="EMNIST", subset=subset), tmp_path)
    assert (len(found.class_names), found.class_names[0]) == (count, first)
    original = originals.EMNIST.classes_split_dict[subset]
    assert list(found.class_names) == [name for name in original if name != "N/A"]
    assert found.targets[:3].tolist() == [0, 1, 2]


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install("SVHN", tmp_path, monkeypatch)
    path = folder_of("SVHN", tmp_path) / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=r"(?s)test_32x32.mat is corrupt: its MD5 is .*fetch SVHN"):
        build(config("SVHN"), tmp_path)


def test_a_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install("SVHN", tmp_path, monkeypatch)
    path = folder_of("SVHN", tmp_path) / "test_32x32.mat"
    path.rename(tmp_path / "elsewhere.mat")
    path.symlink_to(tmp_path / "elsewhere.mat")
    with pytest.raises(DataError, match="is a symbolic link"):
        build(config("SVHN"), tmp_path)


def test_offline_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        build(config("CIFAR10"), tmp_path / "data")
    folder = folder_of("CIFAR10", tmp_path / "data")
    assert str(caught.value) == (
        f"CIFAR10 is not installed in {tmp_path / 'data'}, and NNLAB_OFFLINE=1 forbids downloading "
        f"it\nonline:   nnlab data fetch CIFAR10\n"
        f"offline:  put cifar-10-binary.tar.gz into {folder}"
    )
    assert not folder.exists()


@pytest.mark.parametrize("name", PICKLED)
def test_an_archive_of_pickles_is_never_read(name: str, tmp_path: Path) -> None:
    folder_of(name, tmp_path).mkdir(parents=True)
    (folder_of(name, tmp_path) / PICKLED[name]).touch()
    with pytest.raises(DataError, match=f"{PICKLED[name]} is there, but it holds pickles, which"):
        build(config(name), tmp_path)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the folder ``site``."""
    (tmp_path / "site").mkdir()
    handler = partial(QuietHandler, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_downloads_are_verified_before_they_are_installed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNLAB_OFFLINE")
    contents = published.files_of("SVHN")
    published.publish("SVHN", contents, monkeypatch)
    resources = tuple(
        resource._replace(url=f"{address}/{resource.file}") for resource in sets.SETS["SVHN"]
    )
    monkeypatch.setitem(sets.SETS, "SVHN", resources)
    for resource, content in zip(resources, [contents[0], b"half"], strict=True):
        (tmp_path / "site" / resource.file).write_bytes(content)
    with pytest.raises(DataError, match="SVHN could not be downloaded"):
        build(config("SVHN"), tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []
    (tmp_path / "site" / resources[1].file).write_bytes(contents[1])
    assert len(build(config("SVHN"), tmp_path / "data").targets) == 30
    assert sorted(path.name for path in folder_of("SVHN", tmp_path / "data").iterdir()) == [
        *("test_32x32.mat", "train_32x32.mat")
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("dataset: SVNH", "2?dataset.dataset: should be .*did you mean 'SVHN'"),
        ("dataset: mnist", r"should be read under its own name, dataset: \{name: mnist\}"),
        ("dataset: EMNIST", "dataset.subset: EMNIST is six sets; choose one: balanced, byclass"),
        ("dataset: SVHN, subset: digits", "dataset.subset: SVHN has no subsets"),
        ("subset: digits", "dataset.dataset: this key is required"),
    ],
)
def test_a_wrong_name_is_located(keys: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(EXPERIMENT % keys)
    with pytest.raises(ConfigProblems, match=message) as caught:
        load_config(tmp_path / "mine.yaml")
    assert "mine.yaml:1:" in str(caught.value)


def test_a_set_given_as_a_name_is_explained(tmp_path: Path) -> None:
    text = EXPERIMENT.replace("torchvision, %s", "cifar10")
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(
        ConfigProblems, match=r"\"cifar10\"; write \{name: torchvision, dataset: CIFAR10\}; known"
    ):
        load_config(tmp_path / "mine.yaml")


def test_names_are_known_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(EXPERIMENT % "dataset: cifar10")
    assert load_config(tmp_path / "mine.yaml").dataset.dataset == "CIFAR10"  # type: ignore[union-attr]
