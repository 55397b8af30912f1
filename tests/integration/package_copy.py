"""A copy of the package that is edited as a page says, and its command line."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.helpers.command import Finished

EDIT = re.compile(
    r"^New file `(?P<new>[^`]+)`:$"
    r"|^In `(?P<file>[^`]+)`, (?:above `(?P<anchor>[^`]+)`|at the end):$"
    r"|^Add `(?P<item>[^`]+)` to `(?P<name>\w+)` in `(?P<list>[^`]+)`\.$",
    re.MULTILINE,
)
BLOCK = re.compile(r"\n\n```\w+\n(.*?)```\n", re.DOTALL)


def follow_page(page: str, package: Path) -> None:
    """Make every edit of a page in a copy of the package."""
    for edit in EDIT.finditer(page):
        if edit["item"]:
            add_to_list(package / edit["list"], edit["name"], edit["item"])
            continue
        block = BLOCK.match(page, edit.end())
        assert block is not None, f"nothing to write follows {edit[0]!r}"
        if edit["new"]:
            (package / edit["new"]).write_text(block[1])
        else:
            insert(package / edit["file"], edit["anchor"], block[1])


def insert(path: Path, anchor: str | None, block: str) -> None:
    """Insert a block above the one line that begins with the anchor, or at the end of a file."""
    text = path.read_text()
    if anchor is None:
        path.write_text(f"{text}\n\n{block}")
        return
    lines = text.splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(anchor)]
    blank = "" if block.startswith(" ") else "\n\n"  # between definitions
    path.write_text("".join([*lines[:at], block, blank, *lines[at:]]))


def add_to_list(path: Path, name: str, item: str) -> None:
    """Add an item to a union, a tuple or a Literal that a file assigns to a name."""
    text = path.read_text()
    (value,) = [
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    members = value.slice if isinstance(value, ast.Subscript) else value
    is_union = isinstance(members.elts[0], ast.BinOp)
    last = members.elts[0 if is_union else -1]
    lines = text.splitlines(keepends=True)
    end = sum(map(len, lines[: last.end_lineno - 1])) + last.end_col_offset
    path.write_text(text[:end] + (" | " if is_union else ", ") + item + text[end:])


class Copy:
    """The edited copy: its command line in forked processes, and Python in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "NNLAB_DATA": str(folder / "data"),
            "NNLAB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "MPLCONFIGDIR": str(folder / "matplotlib"),
        }
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def nnlab(
        self, *words: object, runs: str = "runs", code: str | None = None, **environment: str
    ) -> Finished:
        """Run ``nnlab WORDS``, or other code, in the folder of the copy."""
        changed = {"NNLAB_RUNS": str(self.folder / runs), **environment}
        arguments = [str(word) for word in words]
        question = {"words": arguments, "environment": changed, "code": code}
        self.server.stdin.write(json.dumps(question) + "\n")
        self.server.stdin.flush()
        return Finished(*json.loads(self.server.stdout.readline()))

    def passes(self, *words: object, runs: str = "runs") -> str:
        """Run ``nnlab WORDS``, which must end well, and return what it prints."""
        finished = self.nnlab(*words, runs=runs)
        assert finished.code == 0, finished.stderr
        return finished.stdout

    def python(self, code: str, *words: object) -> None:
        """Run Python with the packages of the copy."""
        finished = self.nnlab(*words, code=textwrap.dedent(code))
        assert finished.code == 0, finished.stderr


# Imports and prepares once what every command needs, and forks for each.
SERVER = """
import functools, gc, io, json, os, sys, tempfile
import torch, torch._dynamo, torch._meta_registrations
import nnlab.api, nnlab.console, nnlab.report.page, nnlab.inspection.gradients
import nnlab.learners.autograd, nnlab.learners.fused, nnlab.check.lint
import scipy.stats, sklearn.datasets, sklearn.inspection, sklearn.metrics, rich.progress
import typer.main
import nnlab.streams
from nnlab.__main__ import main
from nnlab.cli.app import app

typer.main.get_command = functools.cache(typer.main.get_command)
typer.main.get_command(app)
torch.set_num_threads(1)
os.environ["MPLBACKEND"] = "agg"
with tempfile.TemporaryDirectory() as folder:
    stderr, sys.stderr = sys.stderr, io.StringIO()
    short = ["train.epochs=1", "train.engine=autograd"]
    nnlab.api.report(nnlab.api.train("xor_mlp", short, runs_dir=folder))
    sys.stderr = stderr
gc.collect()
gc.freeze()
for line in sys.stdin:
    question = json.loads(line)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if not child:
            os.dup2(stdout.fileno(), 1), os.dup2(stderr.fileno(), 2)
            os.environ.update(question["environment"])
            sys.argv = ["nnlab", *question["words"]]
            code = 0
            try:
                if question["code"]:
                    exec(question["code"], {})
                else:
                    main()
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException:
                code = 1
                sys.excepthook(*sys.exc_info())
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        written = []
        for file in (stdout, stderr):
            file.seek(0)
            written.append(file.read().decode())
    print(json.dumps([code, *written]), flush=True)
"""
