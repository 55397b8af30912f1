"""What a person reads when something under the page goes wrong: a full disk, a server that is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nnlab
from tests.ui.browser import UiServer, packed, watched

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.ui.conftest import Laboratory

YAML = """name: full
dataset: {name: xor, num_samples: 100}
model: {name: mlp, hidden_sizes: [4]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 40, seeds: 2, checkpoint_every: {epochs: 5}}
"""
# Checkpoints are written after the files of a run that begins.
FAILPOINT = "fsync:7:enospc"
STATE = "fetch('/api/play').then((answer) => answer.json())"


def test_a_disk_that_is_full_while_the_page_trains_is_said(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLAB_FAILPOINT", FAILPOINT)
    server = UiServer(tmp_path / "runs", tmp_path / "data")
    with watched(chromium, server) as shown:
        page = shown.open(f"/play#yaml={packed(YAML)}")
        page.get_by_role("button", name="Train 2 seeds").click()
        page.get_by_text("the disk is full").first.wait_for(timeout=60_000)
        state = page.evaluate(STATE)
        page.goto(f"{server.origin}/runs/{state['run']}")
        page.get_by_text("failed", exact=True).first.wait_for()
    assert state["status"] == "failed"
    server.stop()
    assert not [*tmp_path.rglob(".tmp-*")]
    monkeypatch.delenv("NNLAB_FAILPOINT")
    run = nnlab.load_run(state["run"], runs_dir=tmp_path / "runs")
    assert run.status == "failed"


def test_the_page_says_so_when_the_server_is_another_one_and_a_reload_goes_on(
    chromium: Any, laboratory: Laboratory
) -> None:
    first = UiServer(laboratory.folder, laboratory.data)
    with watched(chromium, first) as shown:
        page = shown.open(f"/runs/{laboratory.spiral.id}")
        page.goto(f"{first.origin}/help")
        page.wait_for_selector("main h1")
        first.stop()
        second = UiServer(laboratory.folder, laboratory.data, urlsplit(first.origin).port)
        page.go_back()
        page.get_by_text("an old one: open the address").first.wait_for()
        assert laboratory.spiral.id not in page.locator("main").inner_text()
        shown.server = second
        shown.open(f"/runs/{laboratory.spiral.id}").get_by_text("finished").first.wait_for()
        shown.problems.clear()
    second.stop()
