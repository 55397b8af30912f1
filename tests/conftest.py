from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nnlab.__main__ import main
from tests.helpers.command import Command, Finished, build_once
from tests.helpers.zygote import Zygote

ARCHIVES = os.environ.get("NNLAB_TEST_ARCHIVES")

# The workers of pytest-xdist are given a width, at which messages would be wrapped.
os.environ.pop("COLUMNS", None)
build_once()


def pytest_configure(config: pytest.Config) -> None:
    """Compute on the CPU, as everywhere, unless the tests of a device are asked for: ``-m cuda``."""
    if config.option.markexpr != "cuda":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's data and runs, or the network."""
    monkeypatch.setenv("NNLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NNLAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("NNLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Test processes share the cores; more threads would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def signals_as_in_a_terminal() -> Iterator[None]:
    """A suite that was started in the background ignores signals, and its processes would too."""
    defaults = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    ignored = [number for number in defaults if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, defaults[number])
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process."""

    def run(*args: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["nnlab", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            main()
        return Finished(int(stop.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Where processes come from that have imported everything."""
    with Zygote() as started:
        yield started


@pytest.fixture
def forked(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run the command line in a process of its own, which has nothing to import any more."""

    def run(*args: object, **env: str) -> Finished:
        folder = tmp_path_factory.mktemp("streams")
        output, errors = folder / "stdout", folder / "stderr"
        code = zygote.run(*args, output=output, errors=errors, **{**os.environ, **env})
        return Finished(code, output.read_text(), errors.read_text())

    return run


@pytest.fixture(scope="session")
def archives() -> Path:
    """The folder of the official archives and spiral.csv."""
    if not ARCHIVES:
        pytest.skip("NNLAB_TEST_ARCHIVES is not set")
    return Path(ARCHIVES)


@pytest.fixture(scope="session")
def installed_data(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with MNIST and FashionMNIST installed."""
    from nnlab.data.archives import import_from

    root = tmp_path_factory.mktemp("data")
    import_from(archives, root)
    return root
