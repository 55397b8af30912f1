"""nnlab plot."""

from __future__ import annotations

from pathlib import Path

from nnlab import api, console
from nnlab.errors import ConfigError
from nnlab.report.kinds import KINDS
from nnlab.report.source import Source
from nnlab.report.style import draw, save


def plot(
    reference: str,
    kind: str,
    *,
    output: Path | None,
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
) -> None:
    """Draw one picture of a run to a file and print its path."""
    if kind not in KINDS:
        from nnlab.config.messages import did_you_mean

        msg = f"there is no picture {kind!r}{did_you_mean(kind, KINDS)}; known: {', '.join(KINDS)}"
        raise ConfigError(msg)
    source = Source.load(api.load_run(reference, runs_dir=runs_dir), data_dir, data_file)
    if reason := KINDS[kind].missing(source):
        available = [name for name in KINDS if KINDS[name].missing(source) is None]
        msg = f"run {source.run.id} has no {kind}: {reason}; it has {', '.join(available)}"
        raise ConfigError(msg)
    path = output or Path(f"{source.run.id}-{kind}.svg")
    figure = draw(lambda: KINDS[kind].picture(source))
    save(figure, path)
    console.say(str(path))
