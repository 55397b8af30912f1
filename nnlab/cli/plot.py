"""nnlab plot."""

from __future__ import annotations

from pathlib import Path

from nnlab import api, console
from nnlab.errors import ConfigError
from nnlab.report.plots import PLOTS
from nnlab.report.source import RunView
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
    if kind not in PLOTS:
        from nnlab.config.messages import did_you_mean

        msg = f"there is no picture {kind!r}{did_you_mean(kind, PLOTS)}; known: {', '.join(PLOTS)}"
        raise ConfigError(msg)
    source = RunView.load(api.load_run(reference, runs_dir=runs_dir), data_dir, data_file)
    if reason := PLOTS[kind].missing(source):
        available = [name for name in PLOTS if PLOTS[name].missing(source) is None]
        msg = f"run {source.run.id} has no {kind}: {reason}; it has {', '.join(available)}"
        raise ConfigError(msg)
    path = output or Path(f"{source.run.id}-{kind}.svg")
    figure = draw(lambda: PLOTS[kind].picture(source))
    save(figure, path)
    console.print_line(str(path))
