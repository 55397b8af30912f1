"""Which data set a path is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnlab.data.sources import source_of
from tests.helpers.idx_files import bars, write_set
from tests.helpers.image_folders import COLOURS, write_image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("has_set", "source"), [(False, "image_folder"), (True, "idx")])
def test_images_that_lie_in_the_folder_itself(tmp_path: Path, has_set: bool, source: str) -> None:
    write_image(tmp_path / "one.png", COLOURS["red"])
    if has_set:
        write_set(tmp_path, bars(12))
    assert source_of(tmp_path) == source
