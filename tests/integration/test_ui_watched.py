"""Looking changes nothing: a run has the same bytes whoever watches it."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.watching import is_same_if_watched


def test_a_run_watched_by_five_tabs_has_the_bytes_of_one_that_nobody_sees(tmp_path: Path) -> None:
    assert is_same_if_watched(tmp_path, 5)
