"""The replicas of contenders: of finished runs if there are some, else trained here or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.api.elsewhere import train_elsewhere
from nnlab.api.training import as_config, train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.api.elsewhere import OnTrained
    from nnlab.comparison.portions import Portion
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.execute import Watcher
    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir


@dataclass(frozen=True)
class Trainer:
    """Trains contenders; see ``compare`` for its arguments."""

    folders: Folders
    device: str | None
    watch: Watcher | None
    reuse: bool
    on_reuse: Callable[[RunDir], None] | None
    on: str | None
    on_trained: OnTrained | None

    def portions_of(self, configs: Sequence[ExperimentConfig]) -> list[list[Portion]]:
        """Return the finished replicas of each experiment."""
        configs = [self._on_device(config) for config in configs]
        if self.on is None:
            return [self._finished(config) or self._trained(config) for config in configs]
        return self._trained_elsewhere(configs, self.on)

    def _on_device(self, config: ExperimentConfig) -> ExperimentConfig:
        return as_config(config, device=None if config.model.is_estimator else self.device)

    def _finished(self, config: ExperimentConfig) -> list[Portion]:
        """Return replicas of finished runs; none if they do not cover the seeds."""
        from nnlab.comparison.portions import find_portions

        if not self.reuse:
            return []
        portions = find_portions(config, self.folders.runs, self.folders.data)
        if self.on_reuse is not None:
            for portion in portions:
                self.on_reuse(portion.run.folder)
        return portions

    def _trained(self, config: ExperimentConfig) -> list[Portion]:
        from nnlab.comparison.portions import Portion
        from nnlab.comparison.timing import Clock
        from nnlab.runs.load import open_run

        start = Clock.now()
        folders = self.folders
        run = train(config, data_dir=folders.data, runs_dir=folders.runs, watch=self.watch)
        clock = Clock.now().since(start)
        return [Portion.whole(open_run(run), clock)]

    def _trained_elsewhere(
        self, configs: Sequence[ExperimentConfig], on: str
    ) -> list[list[Portion]]:
        """Train at once what no finished run has; nobody has timed it alone."""
        from nnlab.comparison.portions import Portion
        from nnlab.runs.load import open_run

        found = [self._finished(config) for config in configs]
        missing = [c for c, portions in zip(configs, found, strict=True) if not portions]
        trained = iter(train_elsewhere(missing, self.folders, on, self.on_trained))
        return [portions or [Portion.whole(open_run(next(trained)))] for portions in found]
