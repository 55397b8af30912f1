from __future__ import annotations

import json

import pytest

from nnlab.config.bundled import FOLDERS
from tests.helpers.command import Command
from tests.helpers.config_files import names_of

KINDS = ["datasets", "models", "losses", "optimizers", "schedules", "engines"]


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_listed_with_their_descriptions(kind: str, command: Command) -> None:
    finished = command("list", kind)

    lines = [line.split(maxsplit=1) for line in finished.stdout.splitlines() if line.strip()]
    assert (finished.code, finished.stderr) == (0, "")
    assert [line[0] for line in lines[2:]] == names_of(kind)
    assert all(len(line) == 2 for line in lines[2:])


def test_experiments_are_listed_by_folder_on_80_columns(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    finished = command("list", "configs")

    lines = [line.rstrip() for line in finished.stdout.splitlines()]
    assert (finished.code, finished.stderr) == (0, "")
    titles = [*FOLDERS.values(), "Sweeps: for nnlab sweep"]
    assert [line for line in lines if line in titles] == titles
    # The second line of a wrapped summary would be a row, too.
    rows = [line.split() for line in lines if line.startswith(" ") and line.strip(" ─")]
    assert [row[0] for row in rows if row != ["name"]] == names_of("configs")


@pytest.mark.parametrize("kind", [*KINDS, "configs"])
def test_names_are_listed_as_one_json_object(kind: str, command: Command) -> None:
    finished = command("list", kind, "--json")

    value = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert set(value) == {"schema_version", kind}
    assert value["schema_version"] == 1
    assert [entry["name"] for entry in value[kind]] == names_of(kind)
    assert all(entry["summary"] for entry in value[kind])


def test_an_unknown_kind_is_refused_with_the_known_ones(command: Command) -> None:
    finished = command("list", "metrics")

    assert (finished.code, finished.stdout) == (2, "")
    assert all(f"'{kind}'" in finished.stderr for kind in [*KINDS, "configs"])
