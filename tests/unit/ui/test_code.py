"""Code that a stranger has put into a run folder: nothing that the page asks for executes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.own_code import CODE_FOLDER
from tests.helpers.ui import Browser, browse, make_run

GOING_ON = ("resume", "step")
READ = ("", "/frames", "/regions", "/examples", "/weights", "/mistakes", "/study", "/series?metric=lr")  # fmt: skip


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that is written once the code is executed."""
    path = make_run(tmp_path, "a", status="interrupted")
    (path / CODE_FOLDER).mkdir()
    mark = tmp_path / "executed"
    code = f"open({str(mark)!r}, 'w')\nclass Net:\n    def __init__(self, width: int = 1):\n        pass\n"
    (path / CODE_FOLDER / "net.py").write_text(code)
    text = (path / "resolved.yaml").read_text()
    start, end = text.index("model:"), text.index("loss:")
    own = 'model: {name: "net.py:Net", width: 2}\n'
    (path / "resolved.yaml").write_text(text[:start] + own + text[end:])
    return mark


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return browse(tmp_path)


@pytest.mark.parametrize("order", GOING_ON)
def test_a_run_with_code_is_not_gone_on_with(order: str, mark: Path, browser: Browser) -> None:
    answer = browser.post(f"/api/play/{order}", {"run": "a"})
    assert answer.status == 409
    assert "code of its own" in answer.json["error"]["text"]
    assert browser.get("/api/state")["running"] is None
    assert not mark.exists()


def test_what_is_asked_about_a_run_with_code_does_not_execute_it(
    mark: Path, browser: Browser, tmp_path: Path
) -> None:
    yaml = browser.get("/api/compare/contender?reference=a")["yaml"]
    assert "net.py:Net" in yaml
    for part in READ:
        assert browser.ask(f"/api/runs/a{part}").status in {200, 404, 409, 422}
    pixels = {"height": 1, "width": 1, "pixels": [0]}
    assert browser.post("/api/runs/a/predict", pixels).status in {409, 422}
    for route in ("experiment", "experiment/data", "advice", "play/start"):
        assert browser.post(f"/api/{route}", {"yaml": yaml}).status in {200, 409, 422}
    body = {"yaml": [yaml, yaml], "seeds": 2, "until": None}
    assert browser.post("/api/compare/start", body).status in {409, 422}
    assert browser.get("/api/state")["running"] is None
    assert not mark.exists()
