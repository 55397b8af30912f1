"""Whether what was exported answers as the run does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.errors import CheckFailedError
from nnlab.runs.predictor import Predictor, mean_answer, probabilities_of
from nnlab.runs.results import load_outputs
from nnlab.storage.seeds import num_tested

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from nnlab.export.source import Source
    from nnlab.runs.load import StoredRun

# The largest difference allowed, relative to the scale of the outputs.
TOLERANCES = {"float32": 1e-5, "float64": 1e-10, "bf16": 2.0**-5}
BATCHES = (1, 2, 7)


class Answered(NamedTuple):
    """What an exported network answers.

    Attributes:
        answers: Probabilities ``(N, C)``, or values ``(N,)``.
        classes: The class of each row, ``(N,)``; None for values.
    """

    answers: np.ndarray
    classes: np.ndarray | None


class Expected(NamedTuple):
    """Answers that an exported network has to give, up to rounding.

    Attributes:
        origin: Where they are from.
        answers: Probabilities ``(N, C)``, or values ``(N,)``; float64.
        tolerance: The largest difference allowed.
    """

    origin: str
    answers: np.ndarray
    tolerance: float

    def first(self, count: int) -> Expected:
        """Return the answers for the first rows."""
        return self._replace(answers=self.answers[:count])


class Agreement(NamedTuple):
    """How well an exported network agrees with its run.

    Attributes:
        split: The split on which they were compared.
        noun: What its rows are: ``images`` or ``rows``.
        num_examples: Number of its rows.
        origin: What the rows' answers were compared with.
        difference: Largest difference between answers.
        tolerance: The largest one allowed.
        num_other_classes: Number of rows whose two best classes are as good as equal, and exchanged;
            None for values.
        batches: Numbers of rows that were answered at once.
    """

    split: str
    noun: str
    num_examples: int
    origin: str
    difference: float
    tolerance: float
    num_other_classes: int | None
    batches: Sequence[int]

    @property
    def text(self) -> str:
        """The agreement in words."""
        found = f"{self.num_examples:,} {self.split} {self.noun}, largest difference {self.difference:.1e}"
        if self.num_other_classes is None:
            return f"{found} from {self.origin}"
        classes = "all classes equal"
        if self.num_other_classes:
            classes = f"{self.num_other_classes:,} classes differ, where two are equally probable"
        return f"{found} from {self.origin}, {classes}"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        found = self._asdict() | {"batches": list(self.batches)}
        del found["noun"]
        return found


def check(
    source: Source,
    answer: Callable[[np.ndarray], Answered],
    precision: str,
    batches: Collection[int] = BATCHES,
) -> Agreement:
    """Compare the answers of an exported network with those of its run.

    It answers all rows of a split, and the first ones again in smaller batches.

    Args:
        source: What was exported.
        answer: Answers raw rows with the exported network.
        precision: ``float32`` or ``float64``: what it computes in.
        batches: Numbers of rows that it answers at once besides all.

    Raises:
        CheckFailedError: If an answer differs by more than rounding.
    """
    size, expected = len(source.rows), expected_of(source, precision)
    sizes = sorted({*(count for count in batches if count < size), size})
    found = {count: answer(source.rows[:count]) for count in sizes}
    for count, answered in found.items():
        for reference in expected:
            compare(answered, reference.first(count), f"{count:,} {source.split} rows")
    answered = found[size]
    origin, answers, tolerance = expected[0]
    others = None
    if answered.classes is not None:
        others = int((answered.classes != answers.argmax(-1)).sum())
    difference = float(abs(answered.answers - answers).max())
    noun = "images" if source.rows.ndim == 4 else "rows"
    return Agreement(source.split, noun, size, origin, difference, tolerance, others, sizes)


def compare(answered: Answered, expected: Expected, what: str) -> None:
    """Check that answers, and classes that are better than all others, are as expected.

    Args:
        answered: What an exported network answers.
        expected: What it should.
        what: The rows, for messages.

    Raises:
        CheckFailedError: If they are not.
    """
    difference = abs(answered.answers - expected.answers).max()
    if not difference <= expected.tolerance:
        msg = (
            f"the answers for {what} differ from those of {expected.origin} by up to "
            f"{difference:.2g}, where {expected.tolerance:.1g} are allowed; nothing was exported"
        )
        raise CheckFailedError(msg)
    if answered.classes is None:
        return
    best = np.sort(expected.answers, axis=-1)[:, -2:]
    is_clear = best[:, 1] - best[:, 0] > 2 * difference
    wrong = is_clear & (answered.classes != expected.answers.argmax(-1))
    if wrong.any():
        msg = (
            f"{wrong.sum():,} classes of {what} differ from those of {expected.origin}; "
            f"nothing was exported"
        )
        raise CheckFailedError(msg)


def expected_of(source: Source, precision: str) -> list[Expected]:
    """Return the stored answers, if there are any, and those of ``nnlab predict``; the better first."""
    run, predictor = source.run, Predictor(source.run, source.which)
    starts = range(0, len(source.rows), EVAL_BATCH_SIZE)
    batches = [predictor.outputs(source.rows[i : i + EVAL_BATCH_SIZE]) for i in starts]
    outputs = np.concatenate(batches, axis=1)  # (R, N, C)
    unit = _unit(run, outputs[source.replicas])
    answers = mean_answer(run, outputs, source.replicas)
    predicted = Expected("nnlab predict", answers, TOLERANCES[precision] * unit)
    if not _are_stored(source):
        return [predicted]
    trained = run.config.train.precision
    loosest = max(TOLERANCES[precision], TOLERANCES[trained])
    stored = Expected("the stored outputs", stored_answers(source), loosest * unit)
    # Outputs stored in bfloat16 have two digits; prediction computes in float32.
    return [predicted, stored] if trained == "bf16" else [stored, predicted]


def _unit(run: StoredRun, outputs: np.ndarray) -> float:
    """Return the scale to which differences of answers are relative, from outputs ``(R, N, C)``.

    A probability changes by a quarter of what its logit does, or less. Values have the scale of the
    outputs in the unit of the target; their mean, which is added at the end, is exact.
    """
    largest = float(abs(outputs).max())
    if run.spec.task == "classification":
        return max(largest / 4, 1.0)
    scale = run.preprocessing.target
    return largest if scale is None else largest * float(scale.std.max())


def _are_stored(source: Source) -> bool:
    """Return whether the run has stored the outputs of the chosen weights for these rows."""
    run = source.run
    is_varied = run.preprocessing.is_varied and len(source.replicas) > 1
    chosen = source.which in {None, run.summary["checkpoint"]}
    return source.split == "test" and chosen and not is_varied


def stored_answers(source: Source) -> np.ndarray:
    """Return the mean of the stored answers of the replicas for the test split, float64."""
    run = source.run
    outputs = load_outputs(run.folder, run.summary)[0].double().numpy()
    if run.spec.task == "classification":
        outputs = probabilities_of(outputs, run.config.model.output_squashing)
    mean: np.ndarray = outputs[source.replicas].mean(0)
    return mean[: num_tested(run.summary, source.replicas[0])]
