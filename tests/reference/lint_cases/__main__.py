"""Print how well the linter judges the labelled experiments."""

from __future__ import annotations

from tests.reference.lint_cases.scores import judge_all, report

for line in report(judge_all()):
    print(line)
