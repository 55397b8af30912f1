"""Names that try to leave the folder of runs."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

from nnlab.storage.run_dir import RunDir
from tests.helpers.zygote import Zygote
from tests.security.attack import FRIEND, Attack, base_runs, commands

OUTSIDE = "20200101-000000-outside-0000"
EVIL = "runs-evil"  # begins like the folder of runs
UP = ["..", "../..", "./..", f"{FRIEND}/../..", "../runs/..", "....//..", ".../..", "..;", " .."]
SEPARATORS = ["/", "//", "/./", "\\", "%2f", "%252f", "%5c", "\uff0f", "\u2215", "\0", "\n"]
DOTS = [".", "%2e", "%252e", "\uff0e", "\u2024"]
REFUSED = {2, 3, 4}
NEVER_RUNS = [
    *("", " ", ".", "..", "...", "/", "//", "\\", "~", "~root", "~/.ssh", "-rf", "-", "--"),
    *("CON", "NUL", "aux.txt", "COM1", "a:b", "c:\\", "\\\\host\\share", "file:///etc/passwd"),
    *("http://127.0.0.1/", "\0", "a\0b", "\n", "\t", "\x1b[2J", "\x1b]0;x\x07", "\u202egnp"),
    *("*", "?", "[a-z]*", "2020*", "{a,b}", "$HOME", "$(id)", "`id`", ";id", "|id", "&&id", "!!"),
    *("{{7*7}}", "%s%n", "' OR 1=1 --", "<script>", "[/x]", "[link=x]y[/link]", "\U0001f389"),
    *("latest~-1", "latest~99999", "latest~1e9", "latest/..", "LATEST", "latest~", "latest ~0"),
    *("/etc", "/proc/self", "/dev/zero", "/dev/stdin", ".trash", ".trash/..", ".lock"),
    *("a" * 255, "a" * 256, "a" * 5000, "../" * 2000, "e\u0301", "\u00e9", "\ud800", "0", "-1"),
]


def corpus(folder: Path) -> list[str]:
    """Return 200 names or more; the first nine are paths if joined to the folder of runs."""
    ups = [up.replace(".", dot) for up, dot in itertools.product(UP[:3], DOTS)] + UP
    joined = [
        f"{up}{separator}{EVIL}{separator}{OUTSIDE}"
        for up, separator in itertools.product(ups, SEPARATORS)
    ]
    elsewhere = [f"{folder.name}/{EVIL}/{OUTSIDE}", f"{EVIL}/{OUTSIDE}", OUTSIDE, f"{FRIEND}/../x"]
    others = sorted({*NEVER_RUNS, *elsewhere, *joined})
    random.Random(0).shuffle(others)
    return list(dict.fromkeys([*(f"{up}/{EVIL}/{OUTSIDE}" for up in UP), *others]))


def ask_about_names(
    zygote: Zygote, folder: Path, count: int | None = None
) -> tuple[int, list[str]]:
    """Ask every command about names that no run has, from a folder beside the runs.

    Returns:
        How often was asked, and what went wrong.
    """
    ours = folder / "ours"
    attack = Attack(zygote, ours)
    base = base_runs(folder)[0].path
    for place in (ours / "runs" / FRIEND, folder / EVIL / OUTSIDE, ours / EVIL / OUTSIDE):
        RunDir(shutil.copytree(base, place)).write_tags(["evil"])
    asked, problems = 0, []
    for name in corpus(folder)[:count]:
        for command in commands(ours / "runs", name, name):
            if name in command:
                code, text, problem = attack.ask(ours / "runs", command)
                asked += 1
                if problem or code not in REFUSED:
                    problems.append(f"{command!r:.200}: exit code {code} {problem}: {text[:300]}")
    return asked, problems
