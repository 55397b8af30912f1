from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.ui import OPEN_LABS


@pytest.fixture(autouse=True)
def close_labs() -> Iterator[None]:
    """No process of a server outlives its test."""
    yield
    while OPEN_LABS:
        OPEN_LABS.pop().close()
