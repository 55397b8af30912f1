"""Components that installed packages offer by entry points."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import RunError
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command

NETS = """\
from torch import nn


class Wide(nn.Module):
    def __init__(self, num_inputs: int, num_outputs: int, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(num_inputs, width), nn.ReLU(), nn.Linear(width, num_outputs)
        )

    def forward(self, inputs):
        return self.layers(inputs)


def hits(probs, targets):
    return (probs.argmax(1) == targets).mean()
"""
ENTRIES = """\
[nnlab.models]
acme-wide = acme_nets.wide:Wide
acme-gone = acme_nets.gone:Net

[nnlab.metrics]
acme-hits = acme_nets.wide:hits
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is installed: its folder on the path, with metadata."""
    site = tmp_path / "site"
    (site / "acme_nets").mkdir(parents=True)
    (site / "acme_nets" / "__init__.py").write_text("")
    (site / "acme_nets" / "wide.py").write_text(NETS)
    info = site / "acme_nets-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nets\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    for name in ("acme_nets", "acme_nets.wide"):
        sys.modules.pop(name, None)
    return site


SMALL = ["train.epochs=1", "dataset.num_samples=90"]
WIDE = "model={name: acme-wide, width: 5}"


def test_an_installed_model_trains_and_is_recorded(package: Path, command: Command) -> None:
    run = nnlab.train("spiral_mlp", [*SMALL, WIDE, "metrics=[acme-hits]"])
    assert run.summary["test"]["hits"] == run.summary["test"]["accuracy"]
    assert run.meta["code"]["packages"] == {"acme_nets/wide.py": "acme-nets 1.2"}
    assert (run.path / "code" / "acme_nets" / "wide.py").read_text() == NETS
    assert command("verify", run.path).code == 0


def test_another_version_is_named(package: Path) -> None:
    run = nnlab.train("spiral_mlp", [*SMALL, WIDE])
    (package / "acme_nets" / "wide.py").write_text(NETS + "\n# 1.3\n")
    with pytest.raises(RunError, match=r"installed package, once acme-nets 1.2, is not the code"):
        nnlab.evaluate(RunDir(run.path))


def test_list_shows_its_distribution(package: Path, command: Command) -> None:
    listed = command("list", "models")
    assert "From acme-nets 1.2: acme_nets.wide:Wide." in listed.stdout


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("model={name: acme-wide, widht: 5}", "did you mean 'width'"),
        ("model={name: acme-gone}", "acme_nets.gone:Net, which has no Python file"),
        ("model={name: acme-other}", "unknown name"),
    ],
)
def test_mistakes_are_located(argument: str, message: str, package: Path, command: Command) -> None:
    done = command("config", "validate", "spiral_mlp", argument)
    assert done.code == 2
    assert message in done.stderr
