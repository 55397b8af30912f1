"""What the pictures of a sweep show, in sentences, with what they do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.formatting import format_fraction, pluralize
from nnlab.metrics import label_of
from nnlab.report.sweep.forest import MAX_TRIALS, MIN_TRIALS
from nnlab.report.sweep.marks import is_stretched
from nnlab.report.sweep.parallel import MAX_AXES
from nnlab.report.sweep.parameters import MAX_PANELS

if TYPE_CHECKING:
    from nnlab.report.sweep.forest import Importance
    from nnlab.report.sweep.view import SweepView


def about_parameters(view: SweepView) -> str:
    """Explain the panels."""
    seeds = pluralize(len(view.plan.seeds), "seed")
    text = f"A point for each trial: the mean over {seeds}, with a line from the worst to the best seed."
    if view.is_pruned:
        text += (
            " Pale trials were pruned: they show what they had reached by then, after fewer epochs."
        )
    text += (
        " The star is the winner as the search saw it, the diamond the same on fresh seeds, the square "
        "the base on these seeds."
    )
    if is_stretched(view):
        text += " The axis is stretched towards 100 %."
    return text + _left_out(view, MAX_PANELS)


def about_parallel(view: SweepView) -> str:
    """Explain the parallel coordinates."""
    text = (
        "A line for each trial through its values to its score on the last axis, where good is high. "
        "The better a trial's place, the stronger its line"
    )
    further = "; one that was trained further has the better place" if view.is_pruned else ""
    return f"{text}{further}. The thick line is the winner; squares are the base." + _left_out(
        view, MAX_AXES
    )


def _left_out(view: SweepView, limit: int) -> str:
    hidden = len(view.dimensions) - limit
    return f" Shown are the first {limit} keys of {len(view.dimensions)}." if hidden > 0 else ""


def why_no_importance(view: SweepView) -> str:
    """Return why no forest is trained."""
    if len(view.dimensions) < 2:
        return "The search has one key only: there is nothing to compare its importance with."
    return (
        f"{pluralize(len(view.plan.trials), 'trial')} are too few to learn from; "
        f"this picture needs {MIN_TRIALS}."
    )


def about_importance(view: SweepView, found: Importance) -> str:
    """Explain the bars."""
    after = f", after {pluralize(found.epochs, 'epoch')}, which all of them have reached"
    sample = f"{MAX_TRIALS:,} of the " if len(view.plan.trials) > MAX_TRIALS else ""
    return (
        f"A random forest learned the place of {sample}{pluralize(len(view.plan.trials), 'trial')} in "
        f"their ranking{after if view.is_pruned else ''}. Bars: how much further off it is, on trials "
        f"that it has not seen, if the values of a key are shuffled among them; thin lines: the "
        f"standard deviation over forests and shuffles."
    )


def limits_of_importance(found: Importance) -> str:
    """Say how far the bars can be trusted."""
    guess = (
        f"The forest is {found.error:.1f} places off; a guess that knows no key, "
        f"{found.naive_error:.1f}"
    )
    if not found.has_learned:
        return f"{guess}: it has learned next to nothing, and the bars mean nothing."
    return (
        f"{guess}. The bars hold within the ranges that were tried, and wider ranges make a key more "
        f"important. Keys that only work together each get the credit. A short bar is no proof: few "
        f"trials cannot show small effects."
    )


def about_ladder(view: SweepView) -> str:
    """Explain the rungs."""
    prune = view.plan.sweep.prune
    factor = prune.factor if prune.name == "halving" else 1
    return (
        f"After each rung one trial in {factor} goes on, judged by its mean {_metric(view)}. A trial "
        f"that learns slowly and ends well may be pruned; whether that happened, audit: N in the "
        f"sweep file tells."
    )


def about_luck(view: SweepView) -> str:
    """Explain the comparison of search and fresh seeds."""
    seeds = pluralize(len(view.result["fresh"]["per_seed"]), "fresh seed")
    return (
        f"Each finalist was trained again on {seeds}; the best of them, the winner, on as many "
        f"further ones, which took no part in any choice. Without luck, marks would lie on the dotted "
        f"line; the bands are what was lost. Thin lines: 95 % intervals for other seeds."
    )


def about_smaller(view: SweepView) -> str:
    """Explain the expected best of n trials."""
    text = (
        f"Expected best {_metric(view)} in the search if only n of these trials had been run, drawn at "
        "random (Dodge et al., 2019), and the middle 90 % of such searches. It is the score that the "
        "search sees, luck included; the dashed lines are what fresh seeds left of it."
    )
    if view.is_pruned:
        text += " Pruned trials count with the score that they had by then."
    return text


NOT_INDEPENDENT = (
    "The trials of tpe depend on one another: what fewer of them would have found cannot be computed "
    "from them."
)


def about_costs(view: SweepView) -> str:
    """Say what an epoch of a replica is, and what pruning has saved."""
    text = (
        "A replica-epoch is one epoch of one seed of one trial. Packs train many replicas in one pass, "
        "so the time is less than that of as many runs."
    )
    if view.is_pruned:
        share = format_fraction(view.plan.replica_epochs / view.plan.unpruned_replica_epochs, 0)
        text += f" Pruning spent {share} of the replica-epochs of a search to the end."
    return text


def _metric(view: SweepView) -> str:
    return f"val {label_of(view.metric)}"
