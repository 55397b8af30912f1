"""Hostile run directories, and every command that reads one."""

from __future__ import annotations

import random
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import nnlab
from nnlab.storage.run_dir import RunDir
from tests.helpers.watchdog import CANARY
from tests.helpers.zygote import Zygote
from tests.security.mutations import MUTATIONS, NAMES

SHORT = ["train.epochs=3", "train.threads=1", "train.seeds=2"]
SECONDS = 30
NUM_COMMANDS = 19
MAX_GROWTH = 200 * 2**20
FRIEND = "20200101-000000-friend-0000"
EXIT_CODES = set(range(9))
IMPORTED_BY_COMMANDS = (
    "nnlab.check.diagnosis",
    "nnlab.check.rules_page",
    "nnlab.comparison.study",
    "nnlab.report.comparison_page",
    "nnlab.report.plots",
    "nnlab.runs.inference",
    "nnlab.data.tabular",
    "nnlab.export.to_csv",
    "sklearn.inspection",
    "sklearn.metrics",
)


def base_runs(folder: Path) -> list[RunDir]:
    """Train the runs that strangers begin with: points, numbers, and a table with odd names."""
    table = folder / "table.csv"
    labels = [name.strip() or "x" for name in NAMES[:7]]
    rows = [f"{i},{i * i % 7},{_quoted(labels[i % 7])}" for i in range(140)]
    table.write_text("\n".join(["<b>a</b>,b,y", *rows]) + "\n")
    runs, saves = folder / "runs", "train.checkpoint_every.epochs=1"
    csv = f"dataset={{name: csv, path: {table}, target: y}}"
    return [
        nnlab.train("spiral_mlp", [*SHORT, saves, "dataset.num_samples=90"], runs_dir=runs),
        nnlab.train("regression_mlp", [*SHORT, saves, "dataset.num_samples=90"], runs_dir=runs),
        nnlab.train("spiral_mlp", [*SHORT, saves, csv], runs_dir=runs),
    ]


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def hostile_directories(
    folder: Path, bases: list[RunDir], count: int, seed: int = 0
) -> Iterator[Path]:
    """Yield so many copies of runs that strangers have been at, one after the other.

    Each is the only one in its folder of runs, beside one that nobody has touched.
    """
    draw = random.Random(seed)
    for i in range(count):
        base, friend = draw.choice(bases), bases[0]
        runs = folder / f"hostile{i}"
        run = shutil.copytree(base.path, runs / "20300101-000000-stranger-0000")
        shutil.copytree(friend.path, runs / FRIEND)
        RunDir(run).write_tags(["evil"])
        if draw.random() < 0.3:
            RunDir(run).update_meta(status="interrupted")
        for mutate in draw.sample(MUTATIONS, draw.choice([1, 1, 2])):
            try:
                mutate(run, draw)
            except (OSError, ValueError, KeyError, IndexError, TypeError):
                continue  # the mutation before has left nothing to change
        yield run
        shutil.rmtree(runs)


def commands(folder: Path, name: str, path: str) -> list[list[str]]:
    """Return every command that reads a run, those that move it last.

    Args:
        folder: A folder of runs with one named FRIEND, and with a table beside it.
        name: What the run is called.
        path: The run where a path is as good.
    """
    rows, page, picture = (folder / file for file in ("rows.csv", "page.html", "curves.svg"))
    rows.write_text("<b>a</b>,b,x0,x1,x\n1,2,1,2,1\n")
    table = ["--data-file", str(folder.parent / "table.csv")]
    return [
        ["eval", name],
        ["eval", name, "--split", "train", "--checkpoint", "last", "--json", *table],
        ["predict", path, str(rows)],
        ["compare", name, FRIEND],
        ["check", name],
        ["report", name, "-o", str(page), *table],
        ["plot", name, "curves", "-o", str(picture)],
        ["plot", name, "confusion", "-o", str(picture), *table],
        ["verify", name],
        ["runs", "list"],
        ["runs", "list", "--json"],
        ["runs", "show", name],
        ["runs", "show", "evil", "--json"],
        ["runs", "diff", name, FRIEND],
        ["resume", name, *table],
        ["export", name, "--to", "csv", "-o", str(folder / "results.csv")],
        ["runs", "tag", "latest", "good"],
        ["runs", "rm", path],
        ["runs", "restore", name],
    ]


class Attack:
    """Asks commands in processes that are watched.

    Args:
        zygote: Where the processes come from.
        folder: What they may touch, beside Python's own files.
    """

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        zygote.load(*IMPORTED_BY_COMMANDS)
        self.zygote = zygote
        self.folder = folder
        (folder / "data").mkdir(parents=True)
        zygote.run("--version", output=folder / "version.txt")
        self.max_bytes = zygote.peak_bytes + MAX_GROWTH

    def ask(self, runs: Path, command: list[str]) -> tuple[int, str, str]:
        """Return the exit code of a command, what it printed, and what it should not have done."""
        output = runs / "output.txt"
        output.unlink(missing_ok=True)
        watched = {"folders": [str(self.folder)], "seconds": SECONDS}
        env = {
            "NNLAB_RUNS": str(runs),
            "NNLAB_DATA": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "COLUMNS": "100",
        }
        code = self.zygote.run(*command, output=output, watched=watched, **env)
        text = output.read_text(errors="replace")
        odd = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf"}}
        problems = {
            f"exit code {code}": code not in EXIT_CODES,
            "a traceback": "Traceback" in text,
            f"steers the terminal: {odd}": odd and command[0] != "predict",  # a table as it is
            f"{self.zygote.peak_bytes:,} bytes": self.zygote.peak_bytes > self.max_bytes,
        }
        return code, text, ", ".join(problem for problem, is_there in problems.items() if is_there)


def problems_of(attack: Attack, run: Path) -> list[str]:
    """Ask every command about a hostile run; return what it should not have done."""
    found = []
    asked = commands(run.parent, run.name, str(run))
    assert len(asked) == NUM_COMMANDS
    for command in asked:
        _, text, problem = attack.ask(run.parent, command)
        if problem:
            found.append(f"{run.parent.name} {' '.join(command[:3])}: {problem}: {text[-1500:]}")
    page = run.parent / "page.html"
    if page.is_file() and f"<script>{CANARY}" in page.read_text():
        found.append("the report has a script of a stranger")
    return found


def ask_about_hostile_runs(zygote: Zygote, folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many hostile runs."""
    attack = Attack(zygote, folder)
    found = []
    for run in hostile_directories(folder, base_runs(folder), count, seed):
        found += problems_of(attack, run)
    return found
