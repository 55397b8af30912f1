"""What the server keeps to be quicker: thrown away when it is stale or damaged, and bounded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnlab.ui import columns_file
from nnlab.ui.columns import MetricsLog
from nnlab.ui.columns_file import load_columns, save_columns
from nnlab.ui.kept import keep, kept, remove_oldest
from tests.helpers.ui import make_lab, make_run, record_line

STATE = ("epochs", "places", "ends", "columns", "replicas", "cursor", "tail", "stamp")


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """The metrics of a run of two seeds, one of which was not finite once."""
    path = make_run(tmp_path, "a", epochs=3, seeds=2) / "metrics.jsonl"
    with path.open("a") as file:
        file.write(
            '{"epoch": 4, "step": 4, "seed": 0, "train": {"loss": null}}\n{"epoch": 4, "step": 4, "se'
        )
    return path


def read(path: Path) -> MetricsLog:
    log = MetricsLog(path)
    log.poll()
    return log


def state(log: MetricsLog) -> dict[str, object]:
    """Return all that a log has read, NaN comparable with itself."""
    found = {name: getattr(log, name) for name in STATE}
    return found | {"columns": {name: column.tobytes() for name, column in log.columns.items()}}


def test_columns_that_were_kept_are_those_that_were_read(metrics: Path, tmp_path: Path) -> None:
    first, second = read(metrics), MetricsLog(metrics)
    save_columns(first, tmp_path / "kept.npz")

    assert load_columns(second, tmp_path / "kept.npz")

    assert state(second) == state(first)
    assert second.poll() == (False, 7)
    with metrics.open("a") as file:
        file.write('ed": 1, "train": {"loss": 1.0}}\n' + record_line(5, 0))
    assert second.poll() == (False, 7)
    assert state(second) == state(read(metrics))


@pytest.mark.parametrize("change", ["longer", "same size", "replaced"])
def test_columns_of_a_file_that_has_changed_are_not_taken(
    change: str, metrics: Path, tmp_path: Path
) -> None:
    save_columns(read(metrics), tmp_path / "kept.npz")
    content = metrics.read_bytes()
    if change == "longer":
        metrics.write_bytes(content + record_line(4, 1).encode())
    elif change == "same size":
        metrics.write_bytes(content.replace(b'"epoch": 1', b'"epoch": 9'))
        os.utime(metrics, ns=(1, 1))
    else:
        (tmp_path / "new").write_bytes(content)
        (tmp_path / "new").replace(metrics)
    log = MetricsLog(metrics)

    assert not load_columns(log, tmp_path / "kept.npz")

    assert state(log) == state(MetricsLog(metrics))


def rewritten(change: Callable[[dict[str, np.ndarray]], object]) -> Callable[[Path], object]:
    """Return what replaces a file of columns by one with other arrays."""

    def rewrite(path: Path) -> None:
        with np.load(path) as found:
            arrays = {name: found[name] for name in found.files}
        change(arrays)
        np.savez(path, **arrays)

    return rewrite


def with_a_pickle(arrays: dict[str, np.ndarray]) -> None:
    arrays["names"] = np.array([Exploding()], object)


class Exploding:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return pytest.fail, ("a pickle was read",)


def set_places(arrays: dict[str, np.ndarray], place: int) -> None:
    arrays["records"][1, 0] = place


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "no archive": lambda path: path.write_bytes(b"{}"),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "a bit": lambda path: path.write_bytes(
        path.read_bytes().replace(b"\x00\x00\xf0?", b"\x01\x00\xf0?")
    ),
    "without a part": rewritten(lambda arrays: arrays.pop("tail")),
    "pickled": rewritten(with_a_pickle),
    "a record less": rewritten(lambda a: a.update(records=a["records"][:, 1:])),
    "a name less": rewritten(lambda a: a.update(names=a["names"][1:])),
    "of float32": rewritten(lambda a: a.update(values=a["values"].astype(np.float32))),
    "a place too high": rewritten(lambda a: set_places(a, 2)),
    "a place too low": rewritten(lambda a: set_places(a, -1)),
    "of another version": rewritten(lambda a: a["key"].__setitem__(0, 0)),
    "an empty key": rewritten(lambda a: a.update(key=a["key"][:0])),
    "a long key": rewritten(lambda a: a.update(key=np.append(a["key"], 0))),
    "a key of tables": rewritten(lambda a: a.update(key=a["key"][:, None])),
    "records of numbers": rewritten(lambda a: a.update(records=a["records"][0, 0])),
    "a wrong cursor": rewritten(lambda a: a["key"].__setitem__(-1, 10**9)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_columns_are_read_again(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.ui.lab.LEAST_BYTES", 1)
    make_run(tmp_path, "a", epochs=3, seeds=2)
    first = make_lab(tmp_path)
    expected = state(first.log(first.run("a")))
    path = first.cache / "columns" / "a.npz"
    assert path.is_file()
    DAMAGES[damage](path)

    second = make_lab(tmp_path)
    log = second.log(second.run("a"))

    assert state(log) == expected


def test_whichever_byte_of_kept_columns_is_wrong_nothing_breaks(
    metrics: Path, tmp_path: Path
) -> None:
    path = tmp_path / "kept.npz"
    first = read(metrics)
    save_columns(first, path)
    content = path.read_bytes()

    for place in range(0, len(content), 5):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        log = MetricsLog(metrics)
        if load_columns(log, path):
            assert state(log) == state(first)


def test_the_oldest_columns_make_room(
    metrics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, folder = read(metrics), tmp_path / "columns"
    save_columns(log, folder / "a.npz")
    size = (folder / "a.npz").stat().st_size
    monkeypatch.setattr(columns_file, "MAX_KEPT_BYTES", 2 * size)
    os.utime(folder / "a.npz", ns=(2, 2))
    save_columns(log, folder / "b.npz")
    os.utime(folder / "b.npz", ns=(1, 1))

    save_columns(log, folder / "c.npz")

    assert sorted(path.name for path in folder.iterdir()) == ["a.npz", "c.npz"]


def test_a_folder_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    remove_oldest(tmp_path / "none", 0)


def test_columns_that_cannot_be_written_harm_nothing(metrics: Path, tmp_path: Path) -> None:
    (tmp_path / "columns").write_text("a file")
    save_columns(read(metrics), tmp_path / "columns" / "a.npz")
    assert (tmp_path / "columns").read_text() == "a file"


def test_a_value_that_was_kept_is_there_again(tmp_path: Path) -> None:
    keep(tmp_path / "ui" / "index.json", {"a": [1, None]})
    assert kept(tmp_path / "ui" / "index.json") == {"a": [1, None]}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"null", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a": 1}{', b'{"a": 1'],
)
def test_a_damaged_value_is_as_good_as_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(content)
    assert kept(tmp_path / "index.json") == {}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text('{"a": 1}')
    (tmp_path / "index.json").symlink_to(tmp_path / "elsewhere.json")
    assert kept(tmp_path / "index.json") == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry[1].pop("id"),
        lambda entry: entry[1].update(more=1),
        lambda entry: entry[0].pop(),
        lambda entry: entry.append(1),
        lambda entry: entry.clear(),
    ],
)
def test_a_damaged_entry_of_the_index_is_made_again(
    damage: Callable[[list[object]], object], tmp_path: Path
) -> None:
    make_run(tmp_path, "a")
    first = make_lab(tmp_path)
    expected = first.index.glances()
    first.index.save()
    found = json.loads(first.index.path.read_text())
    damage(found["a"])
    first.index.path.write_text(json.dumps(found))

    assert make_lab(tmp_path).index.glances() == expected
