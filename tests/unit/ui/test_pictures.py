"""The pictures of a run: those of its study, in the colours of a theme, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnlab.ui.lab import Lab
from tests.helpers.ui import Browser, browse, make_run

SVG = '<svg><path stroke="currentColor"/><path stroke="var(--faint)"/></svg>'
STUDY = {
    "diagnosis": [],
    "overview": None,
    "pictures": [{"name": "curves", "title": "Curves", "alt": "Loss by epoch"}],
}


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """A browser that looks at a run whose study is known."""
    make_run(tmp_path, "a")
    return browse(tmp_path)


@pytest.fixture
def study(browser: Browser) -> Path:
    """The folder of the study, with one picture."""
    lab: Lab = browser.gate.inner.state.lab
    folder = lab.studies._folder(lab.run("a"))
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(json.dumps(STUDY))
    (folder / "curves.svg").write_text(SVG)
    return folder


@pytest.mark.usefixtures("study")
def test_a_run_names_the_pictures_of_its_study(browser: Browser) -> None:
    found = browser.get("/api/runs/a")
    assert (found["study"], found["pictures"]) == ("ready", STUDY["pictures"])


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(
    ("query", "ink", "faint"),
    [
        ("", "#1d1f23", "#d5d8dc"),
        ("?theme=light", "#1d1f23", "#d5d8dc"),
        ("?theme=dark", "#e8eaed", "#3a3f47"),
    ],
)
def test_a_picture_has_the_colours_of_a_theme(
    query: str, ink: str, faint: str, browser: Browser
) -> None:
    answer = browser.ask(f"/api/runs/a/pictures/curves.svg{query}")

    assert answer.status == 200
    assert answer.header("content-type") == "image/svg+xml"
    assert "sandbox" in str(answer.header("content-security-policy"))
    assert answer.body.decode() == f'<svg><path stroke="{ink}"/><path stroke="{faint}"/></svg>'


@pytest.mark.usefixtures("study")
def test_an_unknown_theme_is_refused(browser: Browser) -> None:
    answer = browser.ask("/api/runs/a/pictures/curves.svg?theme=red")
    assert answer.status == 422
    assert answer.json["error"]["text"] == "theme=red: one of light, dark is expected"


def test_only_a_picture_that_the_study_names_is_read(browser: Browser, study: Path) -> None:
    (study / "other.svg").write_text(SVG)
    answer = browser.ask("/api/runs/a/pictures/other.svg")
    assert answer.status == 404
    assert answer.json["error"]["text"] == "run a has no picture other"


@pytest.mark.parametrize("study_text", ["", "[]", "{}", '{"pictures": []}', "\xff", None])
def test_a_damaged_study_has_no_pictures_and_is_made_again(
    study_text: str | None, browser: Browser, study: Path
) -> None:
    path = study / "study.json"
    path.unlink() if study_text is None else path.write_text(study_text, encoding="latin-1")

    assert browser.ask("/api/runs/a/pictures/curves.svg").status == 404
    assert browser.get("/api/runs/a")["study"] == "waiting"


@pytest.mark.parametrize("pictures", [None, 1, [1], ["curves"], [{"title": "Curves"}]])
def test_a_study_with_damaged_pictures_is_made_again(
    pictures: Any, browser: Browser, study: Path
) -> None:
    (study / "study.json").write_text(json.dumps({**STUDY, "pictures": pictures}))

    assert browser.ask("/api/runs/a/pictures/curves.svg").status == 404
    assert browser.get("/api/runs/a")["study"] == "waiting"


def test_the_study_of_a_run_that_has_changed_is_not_shown(browser: Browser, study: Path) -> None:
    assert study.is_dir()
    summary = browser.gate.inner.state.lab.run("a").summary_path
    summary.write_text(summary.read_text() + "\n")

    assert browser.ask("/api/runs/a/pictures/curves.svg").status == 404


@pytest.mark.parametrize("damage", ["missing", "a link", "no text"])
def test_a_picture_that_cannot_be_read_says_so(
    damage: str, browser: Browser, study: Path, tmp_path: Path
) -> None:
    path = study / "curves.svg"
    if damage == "no text":
        path.write_bytes(b"\xff")
    else:
        path.rename(tmp_path / "elsewhere.svg")
        if damage == "a link":
            path.symlink_to(tmp_path / "elsewhere.svg")

    answer = browser.ask("/api/runs/a/pictures/curves.svg")

    assert answer.status == 409
    assert answer.json["error"]["text"]
