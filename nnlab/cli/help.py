"""Help pages in plain text: commands in sections, full summaries, no Python type names.

Rich could draw panels, but importing it would double the time that ``--help`` takes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from nnlab import console
from nnlab.errors import InterruptedRun
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

Row = tuple[str, str]
# click's, or the copy of it that comes with typer.
MistypedError: Any = typer.BadParameter.__mro__[2]
BRACES = str.maketrans("", "", "{}")


class HelpCommand(TyperCommand):
    """A command whose help calls arguments by the names in its usage line."""

    def invoke(self, ctx: Context) -> Any:
        """Run the command; say how a run that a signal stopped can be resumed."""
        try:
            return super().invoke(ctx)
        except InterruptedRun as stop:
            console.print_note(str(stop))
            raise typer.Exit(stop.exit_code) from stop

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Return the words of the usage line, required arguments without braces."""
        return [piece.translate(BRACES) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the sections of arguments and options."""
        sections: dict[str, list[Row]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            name, text = record
            if parameter.param_type_name == "argument":
                row = parameter.metavar or name, text.removesuffix("[required]").rstrip()
                sections["Arguments"].append(row)
            else:
                sections["Options"].append((name, text.replace("x>=", "at least ")))
        _write(sections, formatter)


class HelpGroup(TyperGroup):
    """A group whose help shows its commands first, section by section."""

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the sections of commands, then the options."""
        sections: defaultdict[str, list[Row]] = defaultdict(list)
        width = max(map(len, self.commands))
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            summary = (command.help or "").partition("\n")[0]
            sections[panel].append((name.ljust(width), summary))
        _write(sections, formatter)
        records = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        _write({"Options": [record for record in records if record]}, formatter)


def _write(sections: Mapping[str, Sequence[Row]], formatter: HelpFormatter) -> None:
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def make_app(summary: str, **settings: Any) -> typer.Typer:
    """Return an empty group of commands; the settings are those of ``typer.Typer``."""
    return typer.Typer(
        help=summary, cls=HelpGroup, no_args_is_help=True, rich_markup_mode=None, **settings
    )


def add_commands(
    app: typer.Typer, commands: Mapping[str, Callable[..., None] | typer.Typer], panel: str
) -> None:
    """Add commands and groups of commands to a group, under the title of a section."""
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, cls=HelpCommand, rich_help_panel=panel)(command)


def say_mistake(error: Any) -> None:
    """Print what was mistyped on the command line, as our own errors are printed."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    text = _without_capital(error.format_message())
    if hasattr(error, "possibilities"):
        options = [option for parameter in error.ctx.command.params for option in parameter.opts]
        text = f"no such option '{error.option_name}'{did_you_mean(error.option_name, options)}"
    context = getattr(error, "ctx", None)
    console.print_error(f"{text}; see: {_command_path(context)} --help")


def _without_capital(text: str) -> str:
    """Return a message of typer's or pydantic's in the words of ours."""
    text = re.sub(r"\. Did you mean (.*)\?", r" (did you mean \1?)", text.rstrip("."))
    text = re.sub(r":\n\t(.*)", lambda m: ": " + m[1], text, flags=re.DOTALL)
    text = (
        text.replace(",\n\t", ", ")
        .replace("Value error, ", "")
        .replace("Input should be", "should be")
    )
    text = text.replace(", unable to parse string as an integer", "").replace(
        "valid integer", "whole number"
    )
    return text[:1].lower() + text[1:]


def _command_path(context: Context | None) -> str:
    """Return the command that was typed, ``nnlab`` and the commands below it."""
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(["nnlab", *names])
