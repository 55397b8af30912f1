"""The house stays small: few modules on the doorstep, short files, short functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nnlab

PACKAGE = Path(nnlab.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{path.relative_to(PACKAGE)}:{node.name}", node.end_lineno - node.lineno + 1


def test_at_most_12_modules_lie_directly_in_the_package() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 12


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    lengths = dict(pair for path in FILES for pair in functions(path))
    assert len(lengths) > 500
    assert {name: length for name, length in lengths.items() if length > 50} == {}
