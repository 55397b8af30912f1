"""nnlab config validate|show|schema|init and nnlab list."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

from nnlab import console
from nnlab.config.bundled import bundled_configs, find_config
from nnlab.config.datasets import AnyDataset
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import dump_config, load_config
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.errors import ConfigError
from nnlab.storage import versions

if typing.TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

UNIONS: dict[str, Any] = {
    "datasets": AnyDataset,
    "models": AnyModel,
    "optimizers": AnyOptimizer,
}


def validate(files: Sequence[str], overrides: Sequence[str]) -> None:
    """Check experiment files; every problem of every file is told."""
    if not files:
        msg = "which experiment? give a config file or one of 'nnlab list configs'"
        raise ConfigError(msg)
    problems = []
    for file in files:
        try:
            load_config(find_config(file), overrides)
            console.say(f"{file}: ok")
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))


def show(file: str, overrides: Sequence[str], *, as_json: bool) -> None:
    """Print an experiment with every default written out."""
    config = load_config(find_config(file), overrides)
    if as_json:
        console.say_json(
            {"schema_version": versions.OUTPUT, "config": config.model_dump(mode="json")}
        )
    else:
        console.say(dump_config(config).rstrip())


def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    console.say_json(ExperimentConfig.model_json_schema())


def init(name: str, output: Path | None) -> None:
    """Write a copy of a bundled experiment to begin with."""
    source = find_config(name)
    target = output or Path(source.name)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8"))
    except FileExistsError as error:
        msg = f"{target} exists already; choose another name with -o"
        raise ConfigError(msg) from error
    console.say(str(target))


def list_components(kind: str, *, as_json: bool) -> None:
    """Print the names that an experiment may use, and what they are."""
    rows = _bundled_rows() if kind == "configs" else _member_rows(UNIONS[kind])
    if as_json:
        entries = [{"name": name, "summary": summary} for name, summary in rows]
        console.say_json({"schema_version": versions.OUTPUT, kind: entries})
    else:
        console.say_table(["name", ""], rows, left=2)


def _member_rows(union: Any) -> list[list[str]]:
    members: tuple[type[BaseModel], ...] = typing.get_args(typing.get_args(union)[0])
    return [
        [str(member.model_fields["name"].default), (member.__doc__ or "").splitlines()[0]]
        for member in members
    ]


def _bundled_rows() -> list[list[str]]:
    rows = []
    for name, path in bundled_configs().items():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        rows.append([name, first.removeprefix("#").strip() if first.startswith("#") else ""])
    return rows
