"""The systems of the documents that take minutes, at their full length: ``pytest -m slow -n0``."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reference import failures
from benchmarks.reference_systems import results
from nnlab.ui.lessons.table import SYSTEMS
from tests.reference.test_reference_systems import SEEDS


@pytest.mark.slow
@pytest.mark.archives
@pytest.mark.parametrize("row", [system.row for system in SYSTEMS if system.is_slow])
def test_a_long_system_lands_in_its_bands(row: str, installed_data: Path) -> None:
    (system,) = (s for s in SYSTEMS if s.row == row)
    assert failures({row: results(system, SEEDS, data_dir=installed_data)}) == []
