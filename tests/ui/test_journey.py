"""Whole journeys in a browser: what was trained in the page is what the command line trains, whatever dies."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import nnlab
from tests.helpers.ui import check_same
from tests.ui.browser import UiServer, packed, until, watched

if TYPE_CHECKING:
    from tests.helpers.command import Command
    from tests.ui.conftest import Laboratory, Visit

YAML = "The experiment as YAML"
STATE = "fetch('/api/play').then((answer) => answer.json())"
PACK = "(text) => import('/static/parts/link.js').then(({ packed }) => packed(text))"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[UiServer]:
    server = UiServer(folder / "runs", folder / "data")
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def worker_of(server: UiServer) -> int:
    """Return the process that trains for a server."""
    for children in Path(f"/proc/{server.process.pid}/task").glob("*/children"):
        for pid in children.read_text().split():
            if "nnlab.ui.worker.child" in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
    msg = "nothing trains for this server"
    raise AssertionError(msg)


def wait_for_end(pid: int) -> None:
    end = time.monotonic() + 20
    while Path(f"/proc/{pid}/stat").exists():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        assert time.monotonic() < end, f"process {pid} goes on"
        time.sleep(0.05)


def drag(page: Any, label: str) -> None:
    """Drag a slider as a hand does: press, move, let go."""
    slider = page.get_by_label(label)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.mouse.down()
    for share in (0.9, 0.87, 0.85):
        page.mouse.move(box["x"] + share * box["width"], middle)
    page.mouse.up()


def type_in(page: Any, field: str, value: str) -> None:
    page.locator(field).fill(value)
    page.locator(field).press("Tab")


def train_half(server: UiServer, chromium: Any) -> tuple[str, str]:
    """Choose XOR, drag, mend what that breaks, train ten seeds, pause; return the text and the run."""
    with watched(chromium, server) as shown:
        page = shown.open("/play")
        page.get_by_role("button", name="XOR").click()
        until(page, "document.querySelector('#set-train-epochs')?.value == '100'")
        type_in(page, "#set-train-epochs", "1000")
        until(page, "document.querySelector('textarea').value.includes('epochs: 1000')")
        drag(page, "optimizer.lr, as a slider")
        until(page, "!document.querySelector('textarea').value.includes('lr: 0.03')")
        type_in(page, "#set-optimizer-weight_decay", "0.01")
        finding = page.locator("#set-optimizer-weight_decay-said .finding").first
        finding.get_by_role("button", name="Apply").click()
        finding.wait_for(state="detached")
        text = page.get_by_label(YAML).input_value()
        page.get_by_role("button", name="Train 10 seeds").click()
        page.get_by_role("button", name="Pause").click(timeout=120_000)
        page.get_by_role("button", name="Resume").wait_for(timeout=120_000)
        state = page.evaluate(STATE)
        assert (state["status"], state["epochs"]) == ("interrupted", 1000)
        assert 0 < state["epoch"] < 1000
        until(page, f"location.search.includes('{state['run']}')")
        return text, state["run"]


def finish(server: UiServer, chromium: Any, run: str) -> str:
    """Open the address of a training that was broken off, go on, and return the command."""
    with watched(chromium, server) as shown:
        page = shown.open(f"/play?run={run}")
        page.get_by_role("button", name="Resume").click(timeout=120_000)
        until(page, f"{STATE}.then(({{ status }}) => status == 'finished')", 180)
        assert page.evaluate(STATE)["run"] == run
        return run


def test_what_a_killed_server_trained_goes_on_to_the_bytes_of_the_command(
    chromium: Any, tmp_path: Path
) -> None:
    with serving(tmp_path) as server:
        text, run = train_half(server, chromium)
        worker = worker_of(server)
        server.process.send_signal(signal.SIGKILL)
        server.process.communicate()
        wait_for_end(worker)
    assert nnlab.load_run(run, runs_dir=tmp_path / "runs").status == "interrupted"
    with serving(tmp_path) as server:
        finish(server, chromium, run)
        with watched(chromium, server, permissions=["clipboard-read", "clipboard-write"]) as shown:
            page = shown.open("/play")
            page.get_by_label(YAML).fill(text)
            page.get_by_label("command", exact=True).filter(has_text="xor_mlp").wait_for()
            page.get_by_role("button", name="Copy command").click()
            command = page.evaluate("navigator.clipboard.readText()")
    found = by_shell(command, text, tmp_path)
    check_same(nnlab.load_run(run, runs_dir=tmp_path / "runs"), found)


def by_shell(command: str, text: str, folder: Path) -> Any:
    """Run a command that the page has shown, and return its run."""
    program, *words = shlex.split(command)
    assert program == "nnlab"
    if words[1].endswith(".yaml"):
        (folder / words[1]).write_text(text)
    options = ["--runs-dir", str(folder / "shell")]
    subprocess.run([sys.executable, "-m", "nnlab", *words, *options], check=True, cwd=folder)
    return nnlab.load_run("latest", runs_dir=folder / "shell")


def test_a_drawn_digit_gets_the_answer_of_predict(
    visit: Visit, laboratory: Laboratory, tmp_path: Path, forked: Command
) -> None:
    text = """name: digits
dataset: {name: digits}
model: {name: mlp, hidden_sizes: [16]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 3, batch_size: 64, seeds: 3}
"""
    run = nnlab.train(nnlab_config(tmp_path, text), runs_dir=laboratory.folder)
    sent: list[dict[str, Any]] = []
    with visit() as shown:
        page = shown.open(f"/play?run={run.id}#yaml={packed(text)}")
        page.on("request", lambda asked: sent.append(asked.post_data_json) if asked.url.endswith("/predict") else None)  # fmt: skip
        page.wait_for_selector("nn-pad canvas", timeout=120_000)
        with page.expect_response("**/predict") as answered:
            page.get_by_role("button", name="Example").click()
        told = answered.value.json()
        page.get_by_text("of 3 seeds").first.wait_for()

    picture = tmp_path / "drawing.png"
    side = (sent[-1]["height"], sent[-1]["width"])
    Image.fromarray(np.array(sent[-1]["pixels"], dtype=np.uint8).reshape(side)).save(picture)
    command = ["predict", run.id, str(picture), "--json", "--runs-dir", str(laboratory.folder)]
    said = json.loads(forked(*command).stdout)
    (prediction,) = said["predictions"]
    assert prediction["class"] == told["class"]
    assert prediction["probabilities"] == told["probabilities"]


def nnlab_config(folder: Path, text: str) -> Path:
    path = folder / "digits.yaml"
    path.write_text(text)
    return path
