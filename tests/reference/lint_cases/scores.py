"""How well the linter judges the labelled experiments: recall by kind, precision by rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from nnlab.api.checking import check
from tests.reference.lint_cases import FLAWED, SOUND
from tests.reference.lint_cases.case import Case

# The rules whose meaning is the flaw; a rule that only happens to speak up is not listed.
RULES_OF_KIND: dict[str, frozenset[str]] = {
    "activation_depth": frozenset({"NL204", "NL312"}),
    "batch_size": frozenset({"NL209"}),
    "bottleneck": frozenset({"NL210"}),
    "budget": frozenset({"NL302", "NL304", "NL312"}),
    "class_weight": frozenset({"NL313"}),
    "clip": frozenset({"NL309", "NL312"}),
    "codes_as_numbers": frozenset({"NL122"}),
    "constant_column": frozenset({"NL116"}),
    "contradicting_labels": frozenset({"NL405"}),
    "dropout": frozenset({"NL206", "NL207", "NL211"}),
    "duplicates": frozenset({"NL405"}),
    "early_stopping": frozenset({"NL409", "NL410", "NL411"}),
    "estimator_setting": frozenset({"NL312"}),
    "few_test_examples": frozenset({"NL406"}),
    "groups": frozenset({"NL118"}),
    "id_column": frozenset({"NL112"}),
    "imbalance_metric": frozenset({"NL404"}),
    "initialisation": frozenset({"NL203", "NL212", "NL312"}),
    "label_smoothing": frozenset({"NL314"}),
    "label_spelling": frozenset({"NL109"}),
    "leak": frozenset({"NL105", "NL120"}),
    "limit_batches": frozenset({"NL311"}),
    "linear_model": frozenset({"NL202"}),
    "lr_too_high": frozenset({"NL301", "NL312"}),
    "lr_too_low": frozenset({"NL301", "NL302", "NL312"}),
    "mixed_units": frozenset({"NL121"}),
    "numbers_as_classes": frozenset({"NL111"}),
    "outlying_target": frozenset({"NL117"}),
    "output_activation": frozenset({"NL201"}),
    "rare_class": frozenset({"NL408"}),
    "scaled_before_split": frozenset({"NL104"}),
    "schedule": frozenset({"NL302", "NL307", "NL312"}),
    "sentinel": frozenset({"NL115"}),
    "shift": frozenset({"NL412"}),
    "sorted_sequential": frozenset({"NL101", "NL102"}),
    "test_used_for_selection": frozenset({"NL401"}),
    "time": frozenset({"NL119"}),
    "unknown_label": frozenset({"NL110"}),
    "unscaled_features": frozenset({"NL103"}),
    "unscaled_target": frozenset({"NL108"}),
    "warmup": frozenset({"NL302", "NL306", "NL312"}),
    "weight_decay": frozenset({"NL303", "NL310", "NL312"}),
}


class Judged(NamedTuple):
    """What the linter said about one case.

    Attributes:
        warnings: Codes of its warnings.
        notes: Codes of its notes, which blame nobody.
        skipped: Why the rules that read the data could not run, or None.
    """

    name: str
    case: Case
    warnings: frozenset[str]
    notes: frozenset[str]
    skipped: str | None

    @property
    def codes(self) -> frozenset[str]:
        return self.warnings | self.notes

    @property
    def is_found(self) -> bool:
        """Whether a rule whose meaning is the flaw spoke up."""
        return bool(self.codes & RULES_OF_KIND[self.case.kind])


def judge(name: str, case: Case, folder: Path) -> Judged:
    """Run the linter on one case, which is written to a folder."""
    lint = check(case.write(folder), runs_dir=folder, data_dir=folder).lint
    levels = {finding.rule.code: finding.rule.level for finding in lint.findings}
    notes = frozenset(code for code, level in levels.items() if level == "note")
    return Judged(name, case, frozenset(levels) - notes, notes, lint.skipped)


def judge_all() -> list[Judged]:
    """Run the linter on all cases."""
    judged = []
    for name, case in (FLAWED | SOUND).items():
        with TemporaryDirectory() as folder:
            judged.append(judge(name, case, Path(folder)))
    return judged


def missed(judged: list[Judged]) -> list[Judged]:
    """Return the flawed cases whose flaw was not found."""
    return [one for one in judged if one.case.kind and not one.is_found]


def blamed(judged: list[Judged]) -> list[Judged]:
    """Return the sound cases that a warning blames."""
    return [one for one in judged if not one.case.kind and one.warnings]


def report(judged: list[Judged]) -> Iterator[str]:
    """Yield the lines of a table: recall by kind, precision by rule, and all errors."""
    yield from _by_kind([one for one in judged if one.case.kind])
    yield from _by_rule(judged)
    for name, part in (("all", judged), ("blind", [one for one in judged if one.case.blind])):
        flawed = [one for one in part if one.case.kind]
        num_sound = len(part) - len(flawed)
        num_found, num_blamed = len(flawed) - len(missed(part)), len(blamed(part))
        yield (
            f"{name}: {num_found} of {len(flawed)} flaws found ({num_found / len(flawed):.1%}), "
            f"{num_blamed} of {num_sound} sound blamed ({num_blamed / num_sound:.1%})"
        )
    yield from (f"missed  {_line(one)}" for one in missed(judged))
    yield from (f"blamed  {_line(one)}" for one in blamed(judged))


def _by_kind(flawed: list[Judged]) -> Iterator[str]:
    yield f"{'kind':<26}{'found':>6}{'of':>5}  rules"
    for kind, codes in RULES_OF_KIND.items():
        same = [one for one in flawed if one.case.kind == kind]
        num_found = sum(one.is_found for one in same)
        yield f"{kind:<26}{num_found:>6}{len(same):>5}  {' '.join(sorted(codes))}"


def _by_rule(judged: list[Judged]) -> Iterator[str]:
    yield f"{'rule':<9}{'right':>6}{'of':>5}{'sound':>7}  precision"
    for code in sorted({code for one in judged for code in one.codes}):
        said = [one for one in judged if code in one.codes]
        num_right = sum(code in RULES_OF_KIND.get(one.case.kind, ()) for one in said)
        num_sound = sum(not one.case.kind for one in said)
        level = "" if any(code in one.warnings for one in said) else "  note"
        share = num_right / len(said)
        yield f"{code:<9}{num_right:>6}{len(said):>5}{num_sound:>7}  {share:>9.0%}{level}"


def _line(one: Judged) -> str:
    codes = " ".join(sorted(one.codes)) or "-"
    return f"{one.name:<28}{one.case.kind:<24}{codes:<24}{one.case.says}"
