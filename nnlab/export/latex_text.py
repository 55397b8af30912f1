"""Texts in LaTeX: escaped, and checked for balance without a TeX."""

from __future__ import annotations

import re

from nnlab.formatting import clean

# What prints each character that means something to TeX, or to a row of a table.
ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "-{}",
    "[": "{[}",
    "*": "{*}",
    "\n": " ",
}
SPECIAL = str.maketrans(ESCAPES)
COLUMN = re.compile(r"@\{[^{}]*\}|S\[[^\]]*\]|[lcr]")
SPAN = re.compile(r"\\multicolumn\{(\d+)\}")


def escape(text: str) -> str:
    """Return LaTeX that prints a text as it is; control characters are shown escaped."""
    return clean(text).translate(SPECIAL)


def as_comment(text: str) -> str:
    """Return a text as one line that TeX ignores."""
    return f"% {' '.join(clean(text).split())}"


def problem_of(text: str) -> str | None:
    """Return why the text of a tabular is not well formed, or None if it is.

    Braces must be balanced, and each row must have as many cells as there are columns.
    """
    code = re.sub(r"(?m)^%.*\n", "", text)
    bare = re.sub(r"\\[\\{}&%$#_]", " ", code.replace(r" \\", "\0"))
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return "a brace is closed that was not opened"
    if depth:
        return "a brace is not closed"
    specification = code.split(r"\begin{tabular}", 1)[1].split("\n", 1)[0][1:-1]
    num_columns = sum(not part.startswith("@") for part in COLUMN.findall(specification))
    for row in bare.split("\0")[:-1]:
        line = row.rsplit("\n", 1)[-1]
        cells = line.count("&") + 1 + sum(int(n) - 1 for n in SPAN.findall(line))
        if cells != num_columns:
            return f"a row has {cells} cells, and there are {num_columns} columns"
    return None
