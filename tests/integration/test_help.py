"""What --help shows: every summary whole, at any width, and no names of Python types."""

from __future__ import annotations

import re

import pytest
import typer

from nnlab.cli.app import app
from tests.helpers.command import Command

ROOT = typer.main.get_command(app)
GROUPS = {"nnlab": ROOT, **{name: ROOT.commands[name] for name in ("runs", "config", "data")}}
COMMANDS = [
    (*([] if group is ROOT else [name]), sub)
    for name, group in GROUPS.items()
    for sub in group.commands
    if sub not in GROUPS
]


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("name", GROUPS)
def test_every_summary_is_shown_whole(
    name: str, width: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    shown = command(*([] if name == "nnlab" else [name]), "--help").stdout

    assert max(map(len, shown.splitlines())) <= width
    assert "..." not in shown.replace("[ARGS]...", "")
    lines = shown if width == 80 else " ".join(shown.split())
    for sub, declared in GROUPS[name].commands.items():
        summary = declared.help.splitlines()[0]
        assert len(summary) <= 50
        assert re.search(rf"\b{sub} +{re.escape(summary)}", lines), sub


def test_commands_stand_in_sections_in_the_order_a_user_needs_them(command: Command) -> None:
    shown = command("--help").stdout

    titles = re.findall(r"^(\w+):$", shown, re.MULTILINE)
    assert titles == ["Experiment", "Result", "Judgement", "Teaching", "Options"]
    words = re.findall(r"^  (\w+)  ", shown, re.MULTILINE)
    assert words[:7] == ["train", "resume", "show", "list", "help", "config", "data"]
    assert set(words) == set(ROOT.commands)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_helps(words: tuple[str, ...], command: Command) -> None:
    shown = command(*words, "--help").stdout

    usage, *_ = shown.splitlines()
    assert "{" not in usage
    assert not re.search(r"list\[|<(str|int|float|path|bool|file)|\brange>|x>=", shown)
    assert "Example: nnlab " + " ".join(words) in " ".join(shown.split())
    group = ROOT if len(words) == 1 else GROUPS[words[0]]
    for parameter in group.commands[words[-1]].params:
        assert parameter.help.endswith((".", ")")), parameter.name
