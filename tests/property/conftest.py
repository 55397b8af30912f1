from __future__ import annotations

from collections.abc import Callable

import pytest

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import load_config


@pytest.fixture(scope="module")
def load_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ExperimentConfig]:
    path = tmp_path_factory.mktemp("config") / "e.yaml"

    def load(content: str | bytes, *overrides: str) -> ExperimentConfig:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_config(path, overrides)

    return load
