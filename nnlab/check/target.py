"""Checking an experiment file or a finished run."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from nnlab.check.lint import Lint, lint
from nnlab.check.looks import Looks, count_looks
from nnlab.config.bundled import find_config, is_bundled
from nnlab.config.load import document_from_mapping, read_document, validate
from nnlab.errors import ConfigError, NnlabError, RunError
from nnlab.storage.registry import IsComparisonError, IsSweepError, find_run
from nnlab.storage.schemas import means

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nnlab.check.remedies import Diagnosis
    from nnlab.check.tried import TriedSuggestion
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.yaml12 import Document
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir


@dataclass(frozen=True)
class Target:
    """An experiment to check.

    Attributes:
        reference: What the user called it.
        path: Its file, or None if it was given as a mapping.
        run: The run it belongs to, or None.
    """

    reference: str
    path: Path | None = None
    run: RunDir | None = None

    def why_not_edited(self) -> str | None:
        """Return why ``--fix`` cannot edit the file, or None if it can."""
        if self.run is not None:
            return "a run is never changed"
        if self.path is None:
            return "it is not a file"
        if is_bundled(self.path):
            return f"it is bundled; start with a copy: nnlab config init {self.path.stem}"
        return None


@dataclass(frozen=True)
class CheckReport:
    """The findings about one target.

    Attributes:
        target: The target.
        lint: What the linter found.
        diagnosis: The problems of a finished run, the root cause first.
        looks: How often its test split was used.
        limits: Limits of a finished run that are no fault, such as noise.
        trial: What came of its first suggestion, if that was tried.
    """

    target: Target
    lint: Lint
    diagnosis: list[Diagnosis]
    looks: Looks | None
    limits: list[str] = field(default_factory=list)
    trial: TriedSuggestion | None = None

    @property
    def num_failed(self) -> int:
        """Number of findings that fail a strict check."""
        levels = [finding.rule.level for finding in self.lint.findings]
        return levels.count("warning") + len(self.diagnosis)

    def to_json(self) -> dict[str, object]:
        """Return the entry of ``nnlab check --json``."""
        run = self.target.run
        return {
            "reference": self.target.reference,
            "file": self.target.path and str(self.target.path),
            "run": run and run.id,
            "findings": [finding.to_json() for finding in self.lint.findings],
            "ignored": [finding.to_json() for finding in self.lint.ignored],
            "skipped": self.lint.skipped,
            "diagnosis": [finding.to_json() for finding in self.diagnosis],
            "limits": self.limits,
            "trial": self.trial and self.trial.to_json(),
            "test_looks": self.looks and self.looks.to_json(),
        }


def find_target(reference: str, runs_dir: Path) -> Target:
    """Resolve a reference to an experiment file or a run.

    Raises:
        ConfigError: If it is neither.
    """
    try:
        path = find_config(reference)
        if path.is_file():
            return Target(reference, path)
        problem = f"{path} is a folder"
    except ConfigError as error:
        problem = str(error)
    try:
        run = find_run(reference, runs_dir)
    except (IsComparisonError, IsSweepError):
        raise
    except RunError as error:
        msg = f"'{reference}' is neither an experiment ({problem}) nor a run ({error})"
        raise ConfigError(msg) from error
    return Target(reference, run.resolved_path, run)


def check_target(
    target: Target,
    overrides: Sequence[str],
    runs_dir: Path,
    data_dir: Path | None,
    *,
    runs_code: bool = False,
) -> CheckReport:
    """Return the findings of the linter, how often the test split was used, and a run's diagnosis.

    Args:
        target: The experiment or run.
        overrides: ``key.path=value`` strings that override an experiment file.
        runs_dir: Folder of runs.
        data_dir: Folder of installed data; None skips the rules that read data.
        runs_code: Whether an experiment's own code may run.

    Raises:
        RunError: If a run is not finished, or is damaged.
    """
    if target.run is None:
        assert target.path is not None, "a mapping has no file to read"
        document = read_document(target.path, overrides)
        return _check_document(target, document, runs_dir, data_dir, runs_code)
    from nnlab.check.diagnosis import diagnose
    from nnlab.runs.load import open_run

    run = open_run(target.run)
    found = _lint_run(run, data_dir)
    flaws: dict[str, str] = {finding.rule.code: finding.flaw.message for finding in found.all}
    looks = count_looks(run.config, runs_dir, lambda: run.meta.get("data_sha256"))
    findings = diagnose(run, flaws, data_dir)
    found = found._replace(skipped=found.skipped or findings.skipped)
    return CheckReport(target, found, findings.problems, looks, findings.limits)


def check_mapping(
    value: Mapping[str, Any],
    overrides: Sequence[str],
    runs_dir: Path,
    data_dir: Path | None,
    *,
    runs_code: bool = False,
) -> CheckReport:
    """Return the findings about an experiment given as a mapping; see ``check_target``."""
    document = document_from_mapping(value, overrides)
    name = document.value.get("name", "experiment")
    return _check_document(Target(str(name)), document, runs_dir, data_dir, runs_code)


def _check_document(
    target: Target, document: Document, runs_dir: Path, data_dir: Path | None, runs_code: bool
) -> CheckReport:
    code, skipped = validate(document).code, None
    if code and data_dir is not None and not runs_code:
        data_dir = None
        skipped = f"that would run {', '.join(sorted(code))}; to run it: nnlab check --code"
    found = lint(document, data_dir)
    found = found._replace(skipped=skipped or found.skipped)
    looks = count_looks(found.config, runs_dir, partial(_digest, found.config, data_dir))
    return CheckReport(target, found, [], looks)


def _digest(config: ExperimentConfig, data_dir: Path | None) -> str | None:
    """Return the digest of an experiment's data; None if they are not to be read, or cannot be."""
    from nnlab.config.resolve import load_examples

    if data_dir is None:
        return None
    with contextlib.suppress(NnlabError):
        return load_examples(config.dataset, data_dir).sha256
    return None


def _lint_run(run: StoredRun, data_dir: Path | None) -> Lint:
    """Lint the experiment of a run, without reading a table outside the current folder."""
    document = read_document(run.folder.resolved_path, is_stored=True)
    try:
        table = run.with_table(None).config.dataset.data_path
    except RunError as error:
        return lint(document, None)._replace(skipped=str(error))
    if table is not None:
        document.value["dataset"]["path"] = table
    summary = run.summary
    accuracy = means(summary, "test").get("accuracy") if "test" in summary else None
    return lint(document, data_dir, accuracy)
