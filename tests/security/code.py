"""Runs of strangers that bring code: no command may run it."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import nnlab
from nnlab.config.load import load_config
from nnlab.errors import NnlabError
from nnlab.own.trust import trust_file
from nnlab.storage.run_dir import RunDir
from tests.helpers.own_code import write_project
from tests.helpers.zygote import Zygote
from tests.security.attack import FRIEND, Attack, commands

Change = Callable[[RunDir, str, random.Random], None]


def base_run(folder: Path) -> RunDir:
    """Train a run whose components are all own code, and forget that it is allowed."""
    project = folder / "project"
    project.mkdir()
    run = nnlab.train(write_project(project), runs_dir=folder / "runs")
    trust_file().unlink()
    return run


def hostile_runs(
    folder: Path,
    base: RunDir,
    count: int,
    canary: Path,
    *,
    hiding: Sequence[Change] | None = None,
    covering: Sequence[Change] | None = None,
) -> Iterator[Path]:
    """Yield copies of a run in which strangers have hidden code that writes the canary."""
    payload = f"open({str(canary)!r}, 'w').close()"
    draw = random.Random(count)
    for i in range(count):
        runs = folder / f"hostile{i}"
        run = RunDir(shutil.copytree(base.path, runs / "20300101-000000-stranger-0000"))
        shutil.copytree(base.path, runs / FRIEND)
        draw.choice(hiding or HIDING)(run, payload, draw)
        draw.choice(covering or COVERING)(run, payload, draw)
        yield run.path
        shutil.rmtree(runs)


def _code(run: RunDir, draw: random.Random) -> Path:
    return draw.choice(sorted((run.path / "code").rglob("*.py")))


def at_import(run: RunDir, payload: str, draw: random.Random) -> None:
    path = _code(run, draw)
    path.write_text(f"{payload}\n{path.read_text()}")


def _as_default(run: RunDir, payload: str, draw: random.Random) -> None:
    path = run.path / "code" / "my_net.py"
    expression = payload.removesuffix(".close()")
    path.write_text(path.read_text().replace("skip: bool = True", f"skip: bool = {expression}"))


def _as_decorator(run: RunDir, payload: str, draw: random.Random) -> None:
    path = run.path / "code" / "my_net.py"
    text = path.read_text().replace("class MyNet", f"@(lambda c: ({payload}, c)[1])\nclass MyNet")
    path.write_text(text)


def _as_annotation(run: RunDir, payload: str, draw: random.Random) -> None:
    path = run.path / "code" / "my_net.py"
    path.write_text(path.read_text().replace("width: int", f"width: Annotated[int, {payload}]"))


def _as_package(run: RunDir, payload: str, draw: random.Random) -> None:
    (run.path / "code" / "torch.py").write_text(payload)


def _by_name(run: RunDir, payload: str, draw: random.Random) -> None:
    outside = run.path.parent / "evil.py"
    outside.write_text(f"{payload}\ndef f(): ...\n")
    name = draw.choice(
        ["../evil.py:f", "../../evil.py:f", f"{outside}:f", "os:system", "evil:f", "code/evil.py:f"]
    )
    text = re.sub(r"my_\w+\.py:\w+", name, run.resolved_path.read_text())
    run.resolved_path.write_text(text)


def _by_link(run: RunDir, payload: str, draw: random.Random) -> None:
    outside = run.path.parent / "evil.py"
    path = _code(run, draw)
    outside.write_text(f"{payload}\n{path.read_text()}")
    path.unlink()
    path.symlink_to(outside)


def _untouched(run: RunDir, payload: str, draw: random.Random) -> None:
    """The digests in meta.json contradict the code."""


def with_digests(run: RunDir, payload: str, draw: random.Random) -> None:
    """The digests in meta.json are those of the code."""
    try:
        digests = load_config(run.resolved_path, is_stored=True).code
    except NnlabError:
        return
    run.update_meta(code={**run.meta["code"], "sha256": digests})


def _as_the_users(run: RunDir, payload: str, draw: random.Random) -> None:
    """And the code claims to be the user's own file."""
    with_digests(run, payload, draw)
    folder = draw.choice(
        [run.path / "code", run.path, run.path.parent, run.path.parent / FRIEND / "code"]
    )
    run.update_meta(code={**run.meta["code"], "folder": str(folder)})


HIDING: tuple[Change, ...] = (
    at_import,
    _as_default,
    _as_decorator,
    _as_annotation,
    _as_package,
    _by_name,
    _by_link,
)
COVERING: tuple[Change, ...] = (_untouched, with_digests, _as_the_users)


def ask_about_code(zygote: Zygote, folder: Path, base: RunDir, count: int) -> tuple[int, list[str]]:
    """Ask every command about runs with hostile code, in processes that are watched.

    Args:
        zygote: Where the processes come from.
        folder: Where the runs are made.
        base: What they begin with; its code is not allowed.
        count: How many.

    Returns:
        How many commands were run, and a line for each that ran code or ended badly.
    """
    canary, asked, problems = folder / "executed", 0, []
    attack = Attack(zygote, folder)
    for path in hostile_runs(folder, base, count, canary):
        export = ["export", path.name, "--to", "torch", "-o", str(path.parent / "plain")]
        for command in [export, *commands(path.parent, path.name, str(path))]:
            _, text, problem = attack.ask(path.parent, command)
            asked += 1
            if canary.exists() or problem:
                found = "ran code" if canary.exists() else problem
                problems.append(f"{path.parent.name} {command[:2]}: {found}: {text[-800:]}")
                canary.unlink(missing_ok=True)
    return asked, problems
