r"""LaTeX: results as a table for a paper, with booktabs and siunitx.

Each metric has two columns of numbers, with a plus-minus sign between them: the mean and the standard
deviation over seeds. Numbers of a column have the same decimals, so that they align in every version
of siunitx.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import CheckFailedError
from nnlab.export.formats import Exported
from nnlab.export.latex_text import as_comment, escape
from nnlab.export.placing import placed
from nnlab.export.results import Measured, result_table
from nnlab.formatting import pluralize
from nnlab.metrics import is_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.export.results import Measure, Result, ResultRow, ResultTable
    from nnlab.storage.folders import Folders

EMPTY = "{--}"
PERCENT_DECIMALS, SIGNIFICANT_DIGITS = 2, 4
# Outside this range, numbers have an exponent.
SMALLEST, LARGEST = 1e-4, 1e7


class Number(NamedTuple):
    """How the numbers of a column are written.

    Attributes:
        factor: What they are multiplied by: 100 for per cent.
        spec: Their format: ``.2f`` or ``.3e``.
    """

    factor: float
    spec: str

    def write(self, value: float | None) -> str:
        """Return a number as a cell."""
        return EMPTY if value is None else f"{self.factor * value:{self.spec}}"


def export_latex(results: Sequence[Result], output: Path | None, folders: Folders) -> Exported:
    """Write runs, or a comparison, as a LaTeX table; see ``nnlab.export``.

    Raises:
        ConfigError: If the output exists, or comparisons and runs are mixed.
        CheckFailedError: If the table is not well formed.
    """
    table = result_table(results)
    path = output or table.default_path(".tex")
    with placed(path) as file:
        text = to_latex(table)
        _check(text, path)
        file.write_text(text, encoding="utf-8")
    shown = f"{path} ({pluralize(len(table.rows), 'row')}; needs booktabs and siunitx)"
    return Exported(" ".join(table.ids), "latex", path, shown, {"rows": len(table.rows)})


def to_latex(table: ResultTable) -> str:
    """Return a table as the text of a tabular, with what it needs in comments."""
    labels = _shown_labels(table)
    numbers = {measure: _number_of(table, measure) for measure in table.headline}
    columns = "".join("r" if label == "seeds" else "l" for label in labels)
    columns += "".join(_columns_of(table, measure, numbers[measure]) for measure in table.headline)
    heads = [escape(label) for label in labels] + [_head(table, m) for m in table.headline]
    lines = [
        *map(as_comment, _needs(table)),
        *map(as_comment, table.notes),
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        rf"{' & '.join(heads)} \\",
        r"\midrule",
        *(_line(table, row, labels, numbers) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _needs(table: ResultTable) -> list[str]:
    needs = [r"\usepackage{booktabs,siunitx}", "mean and sample standard deviation over the seeds"]
    if any(row.is_best for row in table.rows):
        needs.insert(1, r"\sisetup{detect-weight, mode = text}")
        needs.append("bold: better than every other one, as the verdicts say")
    return needs


def _shown_labels(table: ResultTable) -> list[str]:
    """Return the labels that tell something: of runs their names, if these differ."""
    labels = list(table.rows[0].labels)
    if "run" not in labels:
        models = {row.labels["model"] for row in table.rows}
        return labels if len(models) > 1 else [label for label in labels if label != "model"]
    names = [row.labels["name"] for row in table.rows]
    hidden = "run" if len(set(names)) == len(names) else "name"
    return [label for label in labels if label != hidden]


def _has_spread(table: ResultTable, measure: Measure) -> bool:
    return any(_measured(row, measure).std is not None for row in table.rows)


def _measured(row: ResultRow, measure: Measure) -> Measured:
    return row.measured.get(measure, Measured(None, None))


def _number_of(table: ResultTable, measure: Measure) -> Number:
    """Return how to write the numbers of a measure."""
    if is_fraction(measure.metric):
        return Number(100.0, f".{PERCENT_DECIMALS}f")
    means = (_measured(row, measure).mean for row in table.rows)
    largest = max((abs(mean) for mean in means if mean is not None), default=0.0)
    if largest and not SMALLEST <= largest < LARGEST:
        return Number(1.0, f".{SIGNIFICANT_DIGITS - 1}e")
    exponent = math.floor(math.log10(largest)) if largest else 0
    return Number(1.0, f".{max(SIGNIFICANT_DIGITS - 1 - exponent, 0)}f")


def _columns_of(table: ResultTable, measure: Measure, number: Number) -> str:
    """Return the columns of a measure: the mean, and the deviation if there is one."""
    measured = [_measured(row, measure) for row in table.rows]
    means = _format_of([number.write(m.mean) for m in measured])
    if not _has_spread(table, measure):
        return f"S[table-format={means}]"
    spreads = _format_of([number.write(m.std) for m in measured])
    return rf"S[table-format={means}]@{{\,$\pm$\,}}S[table-format={spreads}]"


def _format_of(cells: Sequence[str]) -> str:
    """Return siunitx's description of the widest number: ``-2.3e-1``."""
    numbers = [cell for cell in cells if cell != EMPTY] or ["0"]
    sign = "-" if any(number.startswith("-") for number in numbers) else ""
    whole = max(len(number.lstrip("-").partition(".")[0].partition("e")[0]) for number in numbers)
    mantissa, _, exponent = numbers[0].partition("e")
    decimals = len(mantissa.partition(".")[2])
    power = f"e-{len(exponent.lstrip('+-'))}" if exponent else ""
    return f"{sign}{whole}.{decimals}{power}" if decimals else f"{sign}{whole}{power}"


def _head(table: ResultTable, measure: Measure) -> str:
    unit = r" / \%" if is_fraction(measure.metric) else ""
    text = f"{escape(f'{measure.split} {measure.metric}')}{unit}"
    return rf"\multicolumn{{2}}{{c}}{{{text}}}" if _has_spread(table, measure) else f"{{{text}}}"


def _line(
    table: ResultTable, row: ResultRow, labels: Sequence[str], numbers: dict[Measure, Number]
) -> str:
    cells = [escape("" if row.labels[k] is None else str(row.labels[k])) for k in labels]
    for measure, number in numbers.items():
        measured = _measured(row, measure)
        mean = number.write(measured.mean)
        cells.append(rf"\bfseries {mean}" if row.is_best else mean)
        if _has_spread(table, measure):
            cells.append(number.write(measured.std))
    return rf"{' & '.join(cells)} \\"


def _check(text: str, path: Path) -> None:
    """Check that braces are balanced and that each row has the cells of the columns.

    Raises:
        CheckFailedError: If they are not.
    """
    from nnlab.export.latex_text import problem_of

    if problem := problem_of(text):
        msg = f"{path.name}: {problem}; nothing is left"
        raise CheckFailedError(msg)
