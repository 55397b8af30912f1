"""The process that derives a training step: ``python -m nnlab.ui.lessons.process``; it imports torch.

It reads an order as JSON from stdin and writes the answer as JSON to stdout.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from nnlab.errors import NnlabError

EXPRESSION = "(1 - log(1 + exp(theta)))**2"


def main() -> int:
    """Answer one order; on an error, say it on stderr."""
    if hasattr(os, "nice"):
        os.nice(10)  # a training beside it comes first
    order = json.load(sys.stdin)
    try:
        answer = _graph(order) if order["kind"] == "graph" else _derivation(order)
    except NnlabError as error:
        sys.stderr.write(str(error))
        return error.exit_code
    json.dump(answer, sys.stdout)
    return 0


def _derivation(order: dict[str, Any]) -> dict[str, Any]:
    """Return one training step with its numbers, and the check of its gradients."""
    from nnlab import api

    config, overrides, data = order["config"], order["overrides"], order["data"]
    trace = api.trace(config, overrides, examples=order["examples"], data_dir=data)
    check = api.gradcheck(config, overrides, data_dir=data)
    return {
        "trace": trace.to_json(),
        "gradcheck": {**check.to_json(), "failures": check.failures()},
    }


def _graph(order: dict[str, Any]) -> dict[str, Any]:
    """Return the autograd graph of the expression of lesson D, and its derivative in three ways."""
    from nnlab.inspection.backward_graph import to_text
    from nnlab.inspection.derivatives import derivatives
    from nnlab.inspection.expressions import read_expression

    expression = read_expression(EXPRESSION, [f"theta={order['theta']!r}"])
    variables = expression.variables()
    value = expression.compute(variables)
    (found,) = derivatives(expression)
    return {
        "expression": EXPRESSION,
        "theta": order["theta"],
        "value": value.item(),
        "graph": to_text(value, variables),
        "autograd": found.autograd,
        "finite_difference": found.finite_difference,
        "formula": found.formula,
        "symbolic": found.symbolic,
    }


if __name__ == "__main__":
    sys.exit(main())
