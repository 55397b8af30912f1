"""nnlab help."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from nnlab.config.reference import Found, Key, Reference, Section

NARROWEST = 30


def explain(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="Key of an experiment file, such as train.monitor; a section, such as train; or a "
            "component, such as adam.",
        ),
    ] = "",
) -> None:
    """Explain a key of experiment files.

    Prints what it means, which values it takes and its default. Without a key, lists the sections.

    Example: nnlab help train.monitor
    """
    from nnlab.config.reference import Reference

    reference = Reference()
    path = _find(key, reference)
    found = reference.find(path)
    assert found is not None, "_find returns a path that exists"
    if found.keys and not found.sections:
        _print_keys(path, found.keys)
    elif len(found.sections) == 1:
        _print_section(path, found)
    else:
        _print_sections(path, found)
    if path == "train":
        console.print_line("\nThe command: nnlab train --help")


def _find(key: str, reference: Reference) -> str:
    """Return the path that a key names, with or without its section.

    Raises:
        ConfigError: With the nearest key, if there is none.
    """
    if reference.find(key) is not None:
        return key
    paths = list(dict.fromkeys(reference.paths()))
    ends = [path for path in paths if path.endswith(f".{key}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        msg = f"which {key}? {', '.join(ends)}"
        raise ConfigError(msg)
    known = [*paths, *(path.rpartition(".")[2] for path in paths)]
    hint = did_you_mean(key, known) or did_you_mean(key.rpartition(".")[2], known)
    msg = (
        f"experiment files have no key '{key}'{hint}; 'nnlab help' lists the sections, and "
        f"'nnlab --help' the commands"
    )
    raise ConfigError(msg)


def _print_keys(path: str, keys: Sequence[Key]) -> None:
    """Print a key; components that mean the same by it stand together."""
    console.print_line(path)
    for text in dict.fromkeys(key.text for key in keys):
        components = [key.component for key in keys if key.text == text and key.component]
        _print_text(text, ", ".join(components) if len(keys) > 1 else "")


def _print_text(text: tuple[str, str, str], of: str = "") -> None:
    kind, default, meaning = text
    if of:
        _print_wrapped(f"of {of}:", "  ")
    if meaning:
        _print_wrapped(meaning, "    ")
    shown = {"": "", "required": "; required"}.get(default, f"; default: {default}")
    _print_wrapped(kind + shown, "    ")


def _print_section(path: str, found: Found) -> None:
    from nnlab.config.reference import meaning

    (section,) = found.sections
    console.print_line(path or "experiment files")
    texts = [meaning(key.value) for key in found.keys] + [meaning(section.definition)]
    for text in dict.fromkeys(filter(None, texts)):
        _print_wrapped(text, "  ")
    for name, key in section.entries().items():
        console.print_line(f"\n  {name}")
        _print_text(key.text)


def _print_sections(path: str, found: Found) -> None:
    """Print the components to choose from, or the variants of a section by component."""
    from nnlab.config.reference import meaning

    console.print_line(path)
    for text in dict.fromkeys(meaning(key.value) for key in found.keys):
        _print_wrapped(text, "  ")
    of_definition: dict[int, list[Section]] = {}
    for section in found.sections:
        of_definition.setdefault(id(section.definition), []).append(section)
    is_choice = len(of_definition) == len(found.sections)
    for same in of_definition.values():
        names = ", ".join(section.component for section in same)
        console.print_line()
        _print_wrapped(names if is_choice else f"of {names}:", "  ")
        if is_choice:
            _print_wrapped(meaning(same[0].definition), "    ")
            continue
        for name, key in same[0].entries().items():
            console.print_line(f"\n    {name}")
            _print_text(key.text)
    if is_choice:
        console.print_line(f"\nThe keys of one: nnlab help {path}.{found.sections[0].component}")


def _print_wrapped(text: str, indent: str) -> None:
    width = max(min(console.screen_width(sys.stdout), 100), NARROWEST)
    lines = textwrap.wrap(
        text.replace("``", ""),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    for line in lines:
        console.print_line(line)
