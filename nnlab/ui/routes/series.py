"""Curves and pictures of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from nnlab.api.browsing import UnknownResultError
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.ui.answers import answer, answer_many, choice, lab_of, whole_number

if TYPE_CHECKING:
    from starlette.requests import Request

    from nnlab.api.browsing import RunDir
    from nnlab.ui.columns import MetricsLog

MAX_BUCKETS = 4_000
MAX_SERIES = 20
MAX_OVERLAID = 50
# Of all curves in one chart together, each with its mean and both ends of its interval.
MAX_OVERLAID_POINTS = 75_000
# Of what a chart of one run shows; the rest would hide the other runs.
OVERLAID = ("epochs_per_bucket", "epochs", "mean", "low", "high", "nonfinite", "num_seeds")
LAST_EPOCH = 10**9 - 1
# Text and lines, and faint lines, by theme.
INKS = {"light": ("#1d1f23", "#d5d8dc"), "dark": ("#e8eaed", "#3a3f47")}


def series(request: Request) -> Response:
    """Answer one metric or several of a run for a chart."""
    from nnlab.ui.buckets import series as series_of

    lab = lab_of(request)
    run = lab.run(request.path_params["id"])
    log = lab.log(run)
    names = list(dict.fromkeys(request.query_params.getlist("metric")))[:MAX_SERIES]
    buckets = whole_number(request, "buckets", 600, 1, MAX_BUCKETS)
    first = whole_number(request, "first", 0, 0, LAST_EPOCH)
    last = whole_number(request, "last", LAST_EPOCH, 0, LAST_EPOCH)
    found = [
        series_of(log.grid(known(log, run.id, name)), name, buckets, first, last) for name in names
    ]
    if not found:
        msg = f"which metric? metric=NAME is one of {', '.join(log.columns) or 'none yet'}"
        raise ConfigError(msg)
    return answer_many(found[0] if len(found) == 1 else {"series": found})


def overlaid(request: Request) -> Response:
    """Answer one metric of several runs for one chart; by default one that all of them have."""
    from nnlab.ui.buckets import series as series_of

    lab = lab_of(request)
    runs = [lab.run(run_id) for run_id in _runs_of(request)]
    logs = [lab.log(run) for run in runs]
    shared = [name for name in logs[0].columns if all(name in log.columns for log in logs)]
    metric = request.query_params.get("metric") or _main(shared)
    room = MAX_OVERLAID_POINTS // (3 * len(runs))
    buckets = min(whole_number(request, "buckets", 600, 1, MAX_BUCKETS), room)

    def row(run: RunDir, log: MetricsLog) -> dict[str, Any]:
        head = {"id": run.id, "name": run.meta.get("name")}
        if metric is None:
            return head
        found = series_of(log.grid(known(log, run.id, metric)), metric, buckets)
        return head | {key: found[key] for key in OVERLAID}

    rows = [row(run, log) for run, log in zip(runs, logs, strict=True)]
    return answer_many({"metric": metric, "metrics": shared, "runs": rows})


def _runs_of(request: Request) -> list[str]:
    """Return the ids that ``run=ID&run=ID`` names, each once.

    Raises:
        ConfigError: If there are none, or too many.
    """
    ids = list(dict.fromkeys(request.query_params.getlist("run")))
    if 1 <= len(ids) <= MAX_OVERLAID:
        return ids
    msg = f"run: from 1 to {MAX_OVERLAID} runs are expected, and {len(ids)} were given"
    raise ConfigError(msg)


def _main(metrics: list[str]) -> str | None:
    """Return the metric that is shown first: one of the validation data, if there is any."""
    of_validation = [name for name in metrics if name.startswith("val.")]
    return next(iter(of_validation + metrics), None)


def known(log: MetricsLog, run_id: str, metric: str) -> str:
    """Return a metric that a run has.

    Raises:
        UnknownResultError: If it has none of that name.
    """
    if metric not in log.columns:
        near = did_you_mean(metric[:100], log.columns)
        msg = f"run {run_id} has no metric {metric[:100]}{near} yet"
        raise UnknownResultError(msg)
    return metric


async def study(request: Request) -> Response:
    """Answer the diagnosis and the pictures of a run, made now if need be."""
    lab = lab_of(request)
    return answer(await lab.studies.make(lab.run(request.path_params["id"])))


def picture(request: Request) -> Response:
    """Answer a picture, in the colours of a theme."""
    lab = lab_of(request)
    run = lab.run(request.path_params["id"])
    svg = lab.studies.picture(run, request.path_params["name"])
    ink, faint = INKS[choice(request, "theme", "light", tuple(INKS))]
    svg = svg.replace("currentColor", ink).replace("var(--faint)", faint)
    return Response(svg.encode(), media_type="image/svg+xml")
