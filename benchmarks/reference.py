"""Train the systems of the documents and report the results: ``python -m benchmarks.reference``.

Data come from NNLAB_DATA, as for ``nnlab train``; MNIST and FashionMNIST must be installed. Exits
with 1 if a row misses its range, or a correction does worse than the mistake it corrects.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.reference_systems import results as results_of
from nnlab.ui.lessons.judging import agreement, judge, plain_range, written_range
from nnlab.ui.lessons.systems import Measure, System
from nnlab.ui.lessons.table import SYSTEMS

Results = Mapping[str, Sequence[Sequence[float]]]

INTRODUCTION = """# The course

These experiments repeat the systems of five teaching documents, rows A1 to E9; `nnlab train NAME`
trains one. A name that ends in `_published` repeats a mistake of its document, which
`nnlab check NAME` points out; `_corrected` avoids the mistake.

`python -m benchmarks.reference -o configs/course/README.md` trains the first table and writes this
page. Accuracies are fractions, errors are mean squares.

The range covers 20 seeds of a plain PyTorch program with the same description and data; any other source
is in parentheses. In the rows with p (trained by `python -m benchmarks.plain_pytorch`), seeds scatter, and
a new one can fall outside the range of twenty others. These rows compare nnlab and PyTorch as samples: p is
the p-value of a Kolmogorov-Smirnov test, and p < 0.01 counts as a difference. In the rows without p, every
seed of nnlab is checked against the range.

E1 to E6 depend more on which points are held out than on the seed; their files fix a typical split
(`split.seed: 2`).

An accuracy in its range says little about the loss or the surface behind it: `python -m benchmarks.toys`
compares loss, calibration and surface of B1 to B4, D1 to D4 and E1 to E3 with implementations in NumPy,
scikit-learn and PyTorch that read no config.

"""
HEADER = (
    "| row | file | command | measured | published | nnlab: mean (min - max)"
    " | range over 20 seeds of PyTorch | p |\n|" + "---|" * 8 + "\n"
)
OTHERS = """
These rows are plots, texts and formulas, which tests check.

| row | command | result |
|---|---|---|
| A3 | `nnlab plot RUN samples` | 5 x 5 sample images with their labels |
| B5 | `nnlab plot RUN fit`, `nnlab plot RUN curves` | data against fit, loss per epoch, \
with (B3) and without (B2) weight decay |
| C2 | `nnlab train c1_mnist_mlp_published` | device, model and batch shapes in `train.log`; \
loss of every 100th batch with the examples seen, loss and accuracy of every epoch |
| C3 | `nnlab resume RUN`, `nnlab verify RUN` | a resumed run ends in the same bytes as an uninterrupted one |
| C4 | `nnlab gradcheck c4_mnist_quadratic` | back-propagation by hand equals autograd's gradients |
| D5 | `nnlab plot RUN boundary` | the class probabilities over the plane as filled contours |
| D6 | `nnlab gradcheck --expr "(1 - log(1 + exp(theta)))**2" theta=1`, `nnlab graph --expr ...` | \
0.0981, 0.4580252880326, and the graph of backward functions |
| D8 | `nnlab plot RUN mistakes` | misclassified images with predicted and true labels |
| E4 | `nnlab eval RUN` | precision, recall, F1 and support, weighted and per class |
| E5 | `nnlab plot RUN boundary` | decision regions over training and test points |
| E7 | `nnlab plot RUN activations` | sigmoid, tanh and ReLU over [-5, 5] |
"""
# The first of each pair must not have a lower mean over the same seeds.
NOT_WORSE = (("A2 corrected", "A2 as published"),)


def main() -> int:
    """Train, print and write the tables, and return the exit code."""
    options = _options()
    results: dict[str, list[list[float]]] = {}
    print(HEADER, end="")
    with tempfile.TemporaryDirectory() as folder:
        for system in SYSTEMS:
            if system.row in (options.only or [system.row]):
                seeds = range(options.seeds)
                results[system.row] = results_of(system, seeds, runs_dir=Path(folder))
                print(table_rows(system, results[system.row]), end="", flush=True)
    if options.output:
        options.output.write_text(page(results), encoding="utf-8")
    outside = failures(results)
    print(*outside, sep="\n", end="\n" if outside else "", file=sys.stderr)
    return 1 if outside else 0


def page(results: Results) -> str:
    """Return the text of configs/course/README.md.

    Args:
        results: By row; for each measure, the value of each seed.
    """
    lines = [table_rows(s, results[s.row]) for s in SYSTEMS if s.row in results]
    return INTRODUCTION + HEADER + "".join(lines) + OTHERS


def table_rows(system: System, results: Sequence[Sequence[float]]) -> str:
    """Return the lines of the table for a system, one for each measure."""
    seeds = 1 if system.is_split_by_seed else len(results[0])
    command = f"`{' '.join(['nnlab train', system.config, *system.overrides])} --seeds {seeds}`"
    command += f", `{system.then}`" if system.then else ""
    first = f"| {system.row} | [{system.config}.yaml]({system.config}.yaml) | {command} "
    lines = []
    for measure, values in zip(system.measures, results, strict=True):
        lines.append(f"{first}| {_cells(system, measure, values)} |\n")
        first = "| | | "
    return "".join(lines)


def _cells(system: System, measure: Measure, values: Sequence[float]) -> str:
    spread = f"{statistics.fmean(values):.4g} ({min(values):.4g} - {max(values):.4g})"
    if measure.scatters:
        plain = system.plain_seeds(measure)
        found, p_value = plain_range(plain), f"{agreement(values, plain):.2g}"
    else:
        source = f" ({measure.source})" if measure.source else ""
        found, p_value = f"{written_range(measure)}{source}", "-"
    return " | ".join([measure.label, measure.published, spread, found, p_value])


def failures(results: Results) -> list[str]:
    """Return a sentence for each measure that misses its range or distribution."""
    wrong = [
        f"{system.row}: {measure.label}: {found.text}"
        for system in SYSTEMS
        for measure, values in zip(system.measures, results.get(system.row, ()), strict=False)
        if not (found := judge(system, measure, values)).is_inside
    ]
    return wrong + [
        f"{better}: its mean is below that of {worse}"
        for better, worse in NOT_WORSE
        if {better, worse} <= results.keys()
        and statistics.fmean(results[better][0]) < statistics.fmean(results[worse][0])
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds per row")
    rows = [system.row for system in SYSTEMS]
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=rows, help="rows to train")
    parser.add_argument("-o", "--output", type=Path, help="file to write the page to")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
