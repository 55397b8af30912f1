"""A suggestion that was tried: what was changed, and what the validation split says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.check.remedies import Diagnosis, Suggestion
    from nnlab.storage.schemas import Summary


class TriedSuggestion(NamedTuple):
    """What came of a suggestion.

    Attributes:
        overrides: The settings that were changed.
        run: Id of the run with the suggestion.
        comparison: Id of the comparison of both.
        metric: Metric of the validation split that they were compared by.
        verdict: What the comparison supports, in a sentence.
        is_better: Whether the suggestion is better; None if that is undecided.
        note: What limits the verdict; empty if nothing does.
    """

    overrides: tuple[str, ...]
    run: str
    comparison: str
    metric: str
    verdict: str
    is_better: bool | None
    note: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the entry of ``nnlab check --try --json``."""
        return {**self._asdict(), "split": "val"}


def first_suggestion(problems: Sequence[Diagnosis]) -> tuple[Diagnosis, Suggestion] | None:
    """Return the first suggestion that is a setting, and its problem; None if there is none."""
    return next(
        (
            (problem, suggestion)
            for problem in problems
            for suggestion in problem.suggestions
            if suggestion.overrides
        ),
        None,
    )


def require_suggestion(
    run_id: str, problems: Sequence[Diagnosis], summary: Summary
) -> tuple[Diagnosis, Suggestion]:
    """Return the suggestion to try.

    Raises:
        RunError: If nothing is suggested that is a setting, or there is no validation split.
    """
    found = first_suggestion(problems)
    if found is None:
        reason = "its suggestions are no settings" if problems else "no problem was found"
        msg = f"there is nothing to try for run {run_id}: {reason}"
        raise RunError(msg)
    if "val" not in summary:
        msg = (
            f"run {run_id} has no validation split to judge a suggestion on, and the test split is "
            "not for that; train it with dataset.split.val=0.15"
        )
        raise RunError(msg)
    return found
