"""The documents say what is so: pages are up to date, and what they show runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
import typer.main

from docs.make_reference import REFERENCE_DIR, pages
from nnlab.check.lint import RULES
from nnlab.cli.app import app
from nnlab.config.load import load_config
from nnlab.report.plots import PLOTS

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def code_blocks(document: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the language, the title and the text of every fenced block."""
    for block in FENCE.finditer(document.read_text()):
        yield block[1], block[2] or "", block[3]


def commands(text: str) -> list[list[str]]:
    """Return the arguments of every ``nnlab`` command in a block of shell lines."""
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    return [words[1:] for words in lines if words and words[0] == "nnlab"]


@pytest.mark.parametrize("name", ["README.md", "docs/howto.md"])
def test_every_experiment_that_a_document_shows_is_valid(name: str, tmp_path: Path) -> None:
    shown = [text for language, _, text in code_blocks(ROOT / name) if language == "yaml"]
    experiments = [text for text in shown if "model:" in text]
    assert experiments
    for text in experiments:
        (tmp_path / "shown.yaml").write_text(text)
        load_config(tmp_path / "shown.yaml")


@pytest.mark.parametrize("name", ["commands.md", "config.md", "python.md"])
def test_the_reference_is_up_to_date(name: str) -> None:
    written = (REFERENCE_DIR / name).read_text()

    assert written.strip() == pages()[name].strip(), "run: python -m docs.make_reference"


def run_document(name: str, command: Callable[..., Any]) -> int:
    """Write the files of a document, run its commands and programs, and return how many commands."""
    num_commands = 0
    for language, title, text in code_blocks(ROOT / "docs" / name):
        if title:
            Path(title).write_text(text)
        elif language == "sh":
            for args in commands(text):
                finished = command(*args)
                assert finished.code == 0, f"nnlab {shlex.join(args)}\n{finished.stderr}"
                num_commands += 1
        elif language == "python":
            exec(compile(text, name, "exec"), {})
    return num_commands


def test_every_command_of_the_tutorial_runs(
    command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run_document("tutorial.md", command) >= 10
    assert Path("answers.csv").read_text().count("\n") == 3


def test_every_command_about_sweeps_runs(
    command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run_document("sweeps.md", command) == 10
    assert load_config(Path("tuned.yaml")).name == "digits_mlp"
    (page,) = (tmp_path / "runs").glob("*/report.html")
    assert "What was luck" in page.read_text()


@pytest.mark.parametrize("name", ["README.md", "docs/howto.md", "CONTRIBUTING.md"])
def test_every_command_that_a_document_shows_exists(name: str) -> None:
    shown = [args for _, _, text in code_blocks(ROOT / name) for args in commands(text)]

    for args in shown:
        found = typer.main.get_command(app)
        while args and args[0] in getattr(found, "commands", {}):
            found = found.commands[args.pop(0)]
        known = {option for parameter in found.params for option in parameter.opts}

        assert not hasattr(found, "commands"), f"{name} shows an unknown command: {args}"
        assert {word for word in args if word.startswith("--")} <= known


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    notebook = json.loads((ROOT / "examples" / "quickstart.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}

    for number, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)

    assert len(cells) >= 5
    assert all(cell["outputs"] == [] for cell in cells)


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/reliability.md", "docs/performance.md"],
)
def test_files_that_a_document_names_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    named = re.findall(r"[`(]((?:nnlab|docs|tests|configs|examples)/[\w/.-]+)[`)]", text)

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_source_tree_of_the_readme_exists() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The source tree")[2]
    lines = re.findall(
        r"^( {2})?((?:[\w.]+/?(?:, )?)+) {2}", tree.partition("Five calls")[0], re.MULTILINE
    )
    named = [
        f"{'nnlab/' if indented else ''}{name}"
        for indented, names in lines
        for name in names.split(", ")
    ]

    assert len(named) >= 20
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert all(path.endswith("/") == (ROOT / path).is_dir() for path in named)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("README.md", f"detects {len(RULES)} flaws"),
        ("docs/howto.md", f"detects {len(RULES)} mistakes"),
        ("CHANGELOG.md", f"with {len(RULES)} rules"),
        ("CHANGELOG.md", f"{len(PLOTS)} kinds of plots"),
    ],
)
def test_a_document_counts_rules_and_plots_rightly(name: str, phrase: str) -> None:
    assert phrase in " ".join((ROOT / name).read_text(encoding="utf-8").split())
