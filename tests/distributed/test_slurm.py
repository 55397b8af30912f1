"""A sweep as jobs of submitit, whose local cluster stands for Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.sweep.executors.slurm import SlurmExecutor
from nnlab.sweep.executors.slurm_options import SlurmOptions
from tests.helpers.sweeps import conducted_here, conducted_on, small

pytest.importorskip("submitit", reason="submitit is not installed: pip install 'nnlab[slurm]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning"
    ),  # submitit leaves processes to the system
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_jobs_make_the_same_bytes_and_leave_no_pickle(tmp_path: Path) -> None:
    place = small(tmp_path / "jobs")
    expected = conducted_here(small(tmp_path / "here"))

    assert (
        conducted_on(SlurmExecutor(place, SlurmOptions(jobs=2), cluster="local"), place) == expected
    )
    assert list(place.folder.path.glob("slurm/*/*.out"))
    assert not list(place.folder.path.rglob("*.pkl"))
