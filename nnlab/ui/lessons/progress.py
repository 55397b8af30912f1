"""Which steps of a lesson are done: read from the runs in the folder, wherever they were trained."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import find_config
from nnlab.config.load import load_config
from nnlab.errors import NnlabError
from nnlab.formatting import flatten, pluralize
from nnlab.ui.lessons.judging import judge
from nnlab.ui.lessons.table import system

if TYPE_CHECKING:
    from nnlab.api.browsing import Glance, RunDir
    from nnlab.ui.lab import Lab
    from nnlab.ui.lessons.systems import Measure, System

# With fewer, no sample differs from the reference seeds.
MIN_SEEDS = 3
MAX_RUNS = 20
# How the same experiment may be written, or trained.
FREE = {"name", "train.seed", "train.seeds", "train.engine", "train.device", "train.threads"} | {
    "train.log_every", "train.checkpoint_every", "train.max_minutes", "metrics"
}  # fmt: skip

State = dict[str, Any]


def step_state(lab: Lab, row: str) -> State:
    """Return whether a step is done, by which run, and what is said of the newest run like it.

    Args:
        lab: The state of the server.
        row: The system of the step.
    """
    found = system(row)
    expected = settings_of(found)
    states = [
        judged(found, lab.run(glance["id"]), expected) for glance in _candidates(lab, expected)
    ]
    done = [state for state in states if state["is_done"]]
    tried = [state for state in states if state["measures"] or state["name"] == found.config]
    nothing = {"row": row, "is_done": False, "run": None, "name": None, "text": "", "measures": []}
    return next(iter([*done, *tried]), nothing)


def _candidates(lab: Lab, expected: dict[str, Any]) -> list[Glance]:
    """Return the newest runs with the model and the data of an experiment."""
    alike = [
        glance
        for glance in lab.index.glances()
        if glance["kind"] == "run"
        and glance["status"] == "finished"
        and glance["model"] == expected["model.name"]
        and glance["dataset"] == expected["dataset.name"]
    ]
    return sorted(alike, key=lambda glance: glance["created"] or "", reverse=True)[:MAX_RUNS]


@cache
def settings_of(found: System) -> dict[str, Any]:
    """Return the settings of a system's experiment by dotted keys."""
    config = load_config(find_config(found.config), found.overrides)
    return flatten(config.model_dump(mode="json"))


def judged(found: System, run: RunDir, expected: dict[str, Any]) -> State:
    """Compare a run with a system: its settings, how many seeds it has, and what they gave."""
    state: State = {
        "row": found.row,
        "is_done": False,
        "run": run.id,
        "name": run.meta.get("name"),
        "measures": [],
    }
    try:
        reason = _reason(found, run, expected)
        measures = [] if reason else [_measured(found, one, run) for one in _read(found)]
    except NnlabError as error:
        return {**state, "text": str(error)}
    if reason:
        return {**state, "text": reason}
    is_done = all(one["is_inside"] for one in measures)
    num_seeds = len(run.meta["seeds"])
    verbs = ("agrees", "does not agree") if num_seeds == 1 else ("agree", "do not agree")
    verb = verbs[0] if is_done else verbs[1]
    text = f"your {pluralize(num_seeds, 'seed')} {verb} with the reference"
    return {**state, "is_done": is_done, "measures": measures, "text": text}


def _reason(found: System, run: RunDir, expected: dict[str, Any]) -> str | None:
    """Return why a run is not compared, or None."""
    given = flatten(run.config.model_dump(mode="json"))
    other = [
        key
        for key in sorted(expected.keys() | given.keys())
        if key not in FREE and not key.startswith("ignore") and expected.get(key) != given.get(key)
    ]
    if other:
        changes = ", ".join(
            f"{key} is {given.get(key)}, not {expected.get(key)}" for key in other[:3]
        )
        return f"this run is another experiment: {changes}"
    needed = MIN_SEEDS if any(measure.scatters for measure in found.measures) else 1
    if len(run.meta["seeds"]) < needed:
        has = pluralize(len(run.meta["seeds"]), "seed")
        return f"{has} cannot be told from luck: train at least {needed}"
    return None


def _read(found: System) -> list[Measure]:
    return [measure for measure in found.measures if not measure.needs_model]


def _measured(found: System, measure: Measure, run: RunDir) -> dict[str, Any]:
    values = measure.read(run)
    judgement = judge(found, measure, values)
    return {
        "label": measure.label,
        "published": measure.published,
        "values": values,
        **judgement._asdict(),
        "low": measure.low,
        "high": measure.high,
        "reference": found.plain_seeds(measure) if measure.scatters else None,
    }
