from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import nnlab
from tests.ui.browser import CHROMIUM, FLAGS, UiServer, Watched, watched

SEEDS = 4


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser, each test of the page says so."""
    for item in items:
        if CHROMIUM is None and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="there is no chromium"))


class Laboratory:
    """A folder with a few results.

    Attributes:
        folder: The folder.
        spiral: A run on the plane.
        line: A regression.
        comparison: Id of a comparison of two models.
        sweep: Id of a sweep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder.parent / "data"
        settings = ["dataset.num_samples=300", "train.epochs=30"]
        self.spiral = nnlab.train("spiral_mlp", settings, seeds=SEEDS, runs_dir=folder)
        self.line = nnlab.train("regression_mlp", ["train.epochs=100"], seeds=2, runs_dir=folder)
        nnlab.compare(["tiny_logistic", "tiny_mlp"], seeds=2, runs_dir=folder)
        self.comparison = next(path.name for path in folder.glob("*-compare-*"))
        plan = {
            "base": "tiny_mlp",
            "space": {"optimizer.lr": {"log": [0.001, 0.1]}},
            "trials": 3,
            "seeds": 2,
            "confirm": {"finalists": 1, "seeds": 2},
        }
        nnlab.sweep(plan, runs_dir=folder)
        self.sweep = next(path.name for path in folder.glob("*-sweep-*"))


@pytest.fixture(scope="package")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("lab") / "runs")


@pytest.fixture(scope="package")
def server(laboratory: Laboratory) -> Iterator[UiServer]:
    server = UiServer(laboratory.folder, laboratory.data)
    yield server
    server.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Visit = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture
def visit(chromium: Any, server: UiServer) -> Visit:
    """Open a page of the server in a browser; see ``watched``."""
    return partial(watched, chromium, server)
