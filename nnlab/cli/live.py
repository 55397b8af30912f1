"""A line at the bottom of a terminal that moves while training goes on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nnlab import console
from nnlab.cli.lines import EpochLines, Field, fit
from nnlab.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

# A terminal shows "^C" at the cursor; the moving line leaves room for it, so that it does not wrap.
MARGIN = 3
MIN_BAR, MAX_BAR = 5, 20


class LiveLine:
    """A line that polls the progress, so that training does not wait for it."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self.job = job
        self.progress = progress
        self.lines = EpochLines(job, self._print_above)
        self._newest: Sequence[Field] = [Field("the first epoch ...")]
        self._started_at = time.monotonic()
        self._first_step = progress.step
        self._stream = sys.stderr
        screen = Console(file=self._stream, markup=False, highlight=False, emoji=False)
        self._live = Live(
            console=screen, get_renderable=self.render, refresh_per_second=8, transient=True
        )

    def __enter__(self) -> LiveLine:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.show_last()
        self._live.stop()

    def add(self, epoch: int, lines: list[list[Field]]) -> None:
        """Take the lines of an epoch, its own last."""
        self._newest = lines[-1][:-1]
        self.lines.add(epoch, lines)

    def _print_above(self, fields: Sequence[Field]) -> None:
        line = Text(clean(fit(fields, console.screen_width(self._stream))))
        self._live.console.print(line, soft_wrap=True)

    def render(self) -> RenderableType:
        """Return the bar, the newest epoch and the time left, as far as there is room."""
        width = console.screen_width(self._stream) - MARGIN
        state = [Field("saving ... ")] if self.job.saving.is_saving else []
        left = self.seconds_left()
        ending = [] if left is None else [Field(f"{format_duration(left)} left", 4)]
        line = fit([*state, *self._newest, *ending], width)
        room = width - len(line) - 2
        if room < MIN_BAR:
            return Text(line[:width], no_wrap=True, overflow="crop")
        grid = Table.grid(padding=(0, 2, 0, 0))
        bar = ProgressBar(self._num_steps, self.progress.step, width=min(room, MAX_BAR))
        grid.add_row(bar, Text(line, no_wrap=True))
        return grid

    @property
    def _num_steps(self) -> int:
        return self.job.num_epochs * self.job.batches.num_batches

    def seconds_left(self) -> float | None:
        """Return how long training takes at most from here on [s]; None before the first step."""
        num_done = self.progress.step - self._first_step
        if num_done == 0:
            return None
        seconds_per_step = (time.monotonic() - self._started_at) / num_done
        left = seconds_per_step * (self._num_steps - self.progress.step)
        if self.job.max_seconds is None:
            return left
        return min(left, max(self.job.max_seconds - self.progress.seconds, 0.0))


def format_duration(seconds: float) -> str:
    """Return ``12 s``, ``3:05`` or ``1:02:03``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
