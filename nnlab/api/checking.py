"""Checking from Python: the linter, gradients, and one update step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.training import AnyConfig, as_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.own_anchoring import mapping_of
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.check.target import CheckReport
    from nnlab.inspection.derivatives import Derivative
    from nnlab.inspection.gradcheck import GradientCheck
    from nnlab.inspection.trace import Trace
    from nnlab.runs.execute import Watcher


def check(
    experiment: AnyConfig | RunDir,
    overrides: Overrides = (),
    *,
    reads_data: bool = True,
    tries_suggestion: bool = False,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> CheckReport:
    """Find classic mistakes in an experiment, or in a finished run.

    Args:
        experiment: An experiment as in ``train``, or a finished run.
        overrides: See ``train``; they win over an experiment file.
        reads_data: Whether to apply the rules that read the data, and to measure a run on them.
        tries_suggestion: Whether to train the first suggestion for a run on the same seeds, and to
            compare both on the validation split; see ``CheckReport.trial``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs.
        watch: See ``train``.

    Raises:
        ConfigError: If the experiment is not valid, or the reference is unknown.
        RunError: If the run is not finished, or is damaged; if a suggestion is to be tried and there
            is none, or no validation split.
    """
    folders = Folders.choose(runs_dir, data_dir)
    data = folders.data if reads_data else None
    report = _check(experiment, as_arguments(overrides), folders, data)
    if not tries_suggestion:
        return report
    from nnlab.api.trying import with_trial

    return with_trial(report, folders, watch)


def _check(
    experiment: AnyConfig | RunDir, arguments: list[str], folders: Folders, data: Path | None
) -> CheckReport:
    from nnlab.check.target import Target, check_mapping, check_target, find_target

    if isinstance(experiment, RunDir):
        target = Target(experiment.id, experiment.resolved_path, experiment)
        return check_target(target, arguments, folders.runs, data)
    if isinstance(experiment, str | Path):
        return check_target(
            find_target(str(experiment), folders.runs), arguments, folders.runs, data
        )
    if isinstance(experiment, ExperimentConfig):
        experiment = mapping_of(experiment)
    return check_mapping(experiment, arguments, folders.runs, data)


def gradcheck(
    config: AnyConfig, overrides: Overrides = (), *, data_dir: str | Path | None = None
) -> GradientCheck:
    """Compare every learner's gradients with autograd's, and autograd's with finite differences.

    Args:
        config: See ``train``.
        overrides: See ``train``.
        data_dir: Folder of installed data.

    Raises:
        DivergedError: If the loss is not finite at the initial weights.
    """
    from nnlab.inspection.gradcheck import check_gradients

    return check_gradients(as_config(config, overrides), Folders.choose(data_dir=data_dir).data)


def gradcheck_expression(text: str, **variables: float) -> list[Derivative]:
    """Differentiate an expression by autograd, by finite differences and in symbols.

    >>> nnlab.gradcheck_expression("sigmoid(w * x + b)", w=0.5, x=2, b=-1)

    Args:
        text: The expression; see ``nnlab gradcheck --help``.
        variables: Where the derivatives are taken.

    Raises:
        ConfigError: If the expression is not valid.
    """
    from nnlab.inspection.derivatives import derivatives
    from nnlab.inspection.expressions import read_expression

    words = [f"{name}={value!r}" for name, value in variables.items()]
    return derivatives(read_expression(text, words))


def trace(
    config: AnyConfig,
    overrides: Overrides = (),
    *,
    examples: Sequence[int] = (0,),
    data_dir: str | Path | None = None,
) -> Trace:
    """Derive one update of the initial weights from a few training examples, step by step.

    The NumPy network computes it; autograd and torch.optim check it.

    Args:
        config: See ``train``; a dense model.
        overrides: See ``train``.
        examples: Indices in the training split, one to eight.
        data_dir: Folder of installed data.

    Raises:
        ConfigError: If the model is not dense, or there is no such example.
    """
    from nnlab.inspection.trace import trace_examples

    data = Folders.choose(data_dir=data_dir).data
    return trace_examples(as_config(config, overrides), data, examples)
