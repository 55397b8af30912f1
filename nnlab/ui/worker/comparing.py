"""A comparison in the process that trains: seed after seed, and what is known after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nnlab.comparison.result import Comparison
    from nnlab.storage.run_dir import RunDir


def compare(
    order: Mapping[str, Any],
    say: Callable[[Mapping[str, Any]], None],
    stop_if_asked: Callable[[], None],
    places: Mapping[str, Any],
) -> None:
    """Compare what the server says, and say ``reused``, ``judged`` and ``stored``.

    Args:
        order: The ``contenders``, each a ``name`` and its ``yaml``, ``seeds``, ``until``, and the
            ``run`` that was interrupted, or None.
        say: Sends a message to the server.
        stop_if_asked: Raises KeyboardInterrupt if a stop was asked for between two runs.
        places: The keywords ``watch``, ``runs_dir`` and ``data_dir``.
    """
    import nnlab
    from nnlab.api.comparing_live import compare_live
    from nnlab.api.training import load_run
    from nnlab.comparison.contenders import Contender
    from nnlab.comparison.store import to_json
    from nnlab.formatting import without_nan
    from nnlab.ui.experiment import read

    def on_judged(comparison: Comparison) -> None:
        say({"event": "judged", "comparison": without_nan(to_json(comparison))})
        stop_if_asked()

    def on_reuse(run: RunDir) -> None:
        say({"event": "reused", "run": run.id})

    if (
        order["run"] is not None
        and load_run(order["run"], runs_dir=places["runs_dir"]).status == "interrupted"
    ):
        nnlab.resume(order["run"], **places)
    contenders = [Contender(one["name"], read(one["yaml"]).config) for one in order["contenders"]]
    limits = {"seeds": order["seeds"], "until": order["until"]}
    result = compare_live(contenders, **limits, **places, on_reuse=on_reuse, on_judged=on_judged)
    found = None if result.comparison is None else without_nan(to_json(result.comparison))
    end = {"comparison": found, "is_finished": result.is_finished, "note": result.note}
    say({"event": "stored", **end})
