"""Processes that are killed, and disks that fail: the same functions as ``python -m tests.soak``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlab.storage import atomic as files
from tests.helpers.damage import accepted_flips, accepted_truncations
from tests.helpers.failpoints import fail_everywhere
from tests.helpers.kills import random_kills
from tests.helpers.starts import is_same_twice, parallel_starts
from tests.helpers.zygote import Zygote


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder where nothing waits for a disk; SIGKILL takes no page from either."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="nnlab-faults-", dir=memory) as folder:
        yield Path(folder)


def test_a_process_killed_at_random_moments_ends_in_the_same_bytes(
    zygote: Zygote, in_memory: Path
) -> None:
    assert random_kills(zygote, in_memory, 25) == 25


@pytest.mark.parametrize(("fault", "stride"), [("kill", 5), ("enospc", 9), ("eio", 17)])
def test_a_save_that_fails_at_any_step_loses_nothing(
    fault: str, stride: int, zygote: Zygote, in_memory: Path
) -> None:
    num_points, problems = fail_everywhere(zygote, in_memory, fault, stride)
    assert problems == []
    assert num_points * stride > 60


def test_no_flipped_bit_is_accepted(tmp_path: Path) -> None:
    assert accepted_flips(tmp_path, 300) == 0


def test_no_truncation_is_accepted(tmp_path: Path) -> None:
    accepted, asked = accepted_truncations(tmp_path, stride=5)
    assert (accepted, asked > 60) == (0, True)


def test_processes_that_start_together_have_a_run_directory_each(
    zygote: Zygote, in_memory: Path
) -> None:
    assert parallel_starts(zygote, in_memory, 20, 1) == 20


def test_the_same_experiment_gives_the_same_bytes_with_lines_and_with_a_bar(tmp_path: Path) -> None:
    assert is_same_twice(tmp_path, "xor_mlp")


@pytest.mark.parametrize("fault", ["enospc", "eio"])
def test_a_failpoint_fails_once(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLAB_FAILPOINT", f"fsync:2:{fault}")
    monkeypatch.setattr(files, "_visits", files.Counter())
    files.write_atomic(tmp_path / "a", b"first")
    with pytest.raises((OSError, files.StorageError), match=str(tmp_path / "a")):
        files.write_atomic(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    files.write_atomic(tmp_path / "a", b"third")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
