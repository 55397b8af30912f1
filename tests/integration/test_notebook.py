"""What a real Jupyter kernel shows."""

from __future__ import annotations

import pytest

pytest.importorskip("ipykernel", reason="ipykernel is not installed")

from jupyter_client.manager import start_new_kernel

CELL = """
import nnlab
run = nnlab.train("spiral_mlp", {"train.epochs": 3, "train.batch_size": 64})
run
"""


def test_a_cell_shows_the_progress_and_then_the_metrics() -> None:
    manager, client = start_new_kernel()
    messages: list[dict] = []
    try:
        reply = client.execute_interactive(CELL, timeout=120, output_hook=messages.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok"
    pages = [m["content"]["data"]["text/html"] for m in messages if "data" in m["content"]]
    updates = [m for m in messages if m["msg_type"] == "update_display_data"]
    assert "the first epoch" in pages[0]
    assert len(updates) == 3
    assert 'value="3" max="3"' in updates[-1]["content"]["data"]["text/html"]
    assert "epoch 3/3, train loss" in updates[-1]["content"]["data"]["text/html"]
    assert "<th>test (225)</th>" in pages[-1]


def test_a_program_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import nnlab

    nnlab.train("spiral_mlp", {"train.epochs": 2})
    assert capsys.readouterr() == ("", "")
