"""What takes longer to find out of an experiment: it comes later, and never before a training."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nnlab.check.lint import lint
from nnlab.config.load import parse_document, validate
from nnlab.config.messages import SourceText
from nnlab.ui.advice_process import findings, seconds_per_epoch
from nnlab.ui.adviser import Adviser
from nnlab.ui.experiment import read
from nnlab.ui.worker.client import Progress
from tests.helpers.ui import Browser, browse

TEXT = """\
name: small
dataset: {name: spiral, num_samples: 60}
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 20, seeds: 2}
"""
LONE_CLASS = """\
name: mine
dataset: {name: csv, path: few.csv, target: y, task: classification}
model: {name: logistic}
optimizer: {name: sgd, lr: 0.1}
train: {epochs: 5}
"""
STUB = """
import json, sys, time
for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"findings": [], "skipped": None}), flush=True)
    time.sleep(DELAY)
    print(json.dumps({"seconds": 0.5 if question["is_timed"] else None}), flush=True)
"""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let a small program answer in place of the process that imports torch."""
    monkeypatch.chdir(tmp_path)

    def install(code: str) -> None:
        path = tmp_path / "stub.py"
        path.write_text(code)
        real = subprocess.Popen

        def popen(_command: list[str], **options: Any) -> Any:
            return real([sys.executable, str(path)], **options)

        monkeypatch.setattr(subprocess, "Popen", popen)

    return install


def config_of(text: str) -> Any:
    return validate(parse_document(SourceText("x", text), "x"))


def ask(browser: Browser, text: str = TEXT, route: str = "advice") -> dict[str, Any]:
    answer = browser.post(f"/api/{route}", {"yaml": text})
    assert answer.status == 200, answer
    return answer.json


def test_time_and_findings_in_data_come_after_the_quick_answer(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "0"))
    browser = browse(tmp_path)
    before = ask(browser, route="experiment")
    assert (before["is_advised"], before["price"]["seconds"]) == (False, None)
    after = ask(browser)
    assert (after["is_advised"], after["price"]["seconds"]) == (True, 10.0)
    assert ask(browser, route="experiment") == after


def test_other_epochs_and_learning_rates_are_not_timed_again(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "0").replace("0.5", "len(open('asked', 'a').write('x') and open('asked').read())"))  # fmt: skip
    browser = browse(tmp_path)
    ask(browser)
    slower = ask(browser, TEXT.replace("0.01", "0.02").replace("epochs: 20", "epochs: 40"))
    assert slower["price"]["seconds"] == 2 * ask(browser)["price"]["seconds"]


def test_what_takes_too_long_is_refused_with_the_numbers(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "0"))
    browser = browse(tmp_path)
    ask(browser)
    text = TEXT.replace("epochs: 20", "epochs: 1000000")
    said = ask(browser, text, "experiment")["price"]["refused"]
    assert "1,000,000 epochs of 2 seeds take about 138.9 h" in said
    assert "train.epochs" in said
    start = browser.post("/api/play/start", {"yaml": text})
    assert (start.status, start.json["error"]["text"]) == (409, said)
    for hours, is_refused in ((1, False), (1.01, True)):
        lasting = TEXT.replace("epochs: 20", f"epochs: {round(7_200 * hours)}")
        price = ask(browser, lasting, "experiment")["price"]
        assert (price["refused"] is not None) == is_refused


def test_nothing_is_found_out_during_a_training(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "0"))
    browser = browse(tmp_path)
    browser.gate.inner.state.lab.worker.progress.is_running = True
    assert not ask(browser)["is_advised"]
    browser.gate.inner.state.lab.worker.progress.is_running = False
    assert ask(browser)["is_advised"]


def test_a_training_does_not_wait_for_advice(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "60"))
    browser = browse(tmp_path)
    lab = browser.gate.inner.state.lab
    asking = threading.Thread(target=ask, args=(browser,))
    asking.start()
    while lab.adviser._process is None:
        time.sleep(0.01)
    started = time.monotonic()
    lab.worker._on_begin()
    asking.join(10)
    assert not asking.is_alive()
    assert time.monotonic() - started < 10
    assert lab.adviser.known(TEXT) is None


def test_a_process_that_is_asked_nothing_stays_for_the_next_question(stub, tmp_path: Path) -> None:
    stub(STUB.replace("DELAY", "0"))
    browser = browse(tmp_path)
    lab = browser.gate.inner.state.lab
    ask(browser)
    process = lab.adviser._process
    lab.worker._on_begin()
    after = ask(browser, TEXT.replace("[8]", "[9]"))
    assert (after["is_advised"], after["price"]["seconds"]) == (True, 10.0)
    assert lab.adviser._process is process
    assert process.poll() is None


@pytest.mark.parametrize("code", ["", "print('{', flush=True)", "import sys; sys.exit(1)"])
def test_a_process_that_fails_is_said_once_and_not_asked_again(code, stub, tmp_path: Path) -> None:
    stub(code)
    browser = browse(tmp_path)
    found = ask(browser)
    assert (found["is_advised"], found["price"]["seconds"]) == (True, None)
    assert "run: nnlab check" in found["skipped"]


def test_the_last_training_says_how_long_another_takes(tmp_path: Path) -> None:
    adviser = Adviser(tmp_path, lambda: False)
    adviser.note(config_of(TEXT), Progress(epoch=10, seconds=5.0))
    assert adviser.seconds(config_of(TEXT.replace("epochs: 20", "epochs: 100"))) == 50.0
    assert adviser.seconds(config_of(TEXT.replace("[8]", "[9]"))) is None
    adviser.close()
    adviser.close()


def test_the_process_finds_what_the_linter_finds_and_times_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{'a' if i else 'b'}" for i in range(40)]
    (tmp_path / "few.csv").write_text("\n".join(["x,y", *rows, ""]))
    found = findings(LONE_CLASS, tmp_path)
    assert found["skipped"] is None
    quick = {finding.rule.code for finding in lint(read(LONE_CLASS).document, None).findings}
    assert {finding["code"] for finding in found["findings"]} > quick
    assert seconds_per_epoch(TEXT, tmp_path) > 0
    whole = TEXT.replace("adam, lr: 0.01", "lbfgs")
    assert seconds_per_epoch(whole.replace("seeds: 2", "batch_size: full"), tmp_path) is None


def test_data_that_are_not_there_are_said(tmp_path: Path) -> None:
    missing = findings(TEXT.replace("spiral, num_samples: 60", "mnist"), tmp_path)
    assert missing["findings"] is None
    assert "nnlab data fetch mnist" in missing["skipped"]
