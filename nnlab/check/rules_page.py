"""The rules of the linter in words: one for the terminal, all for docs/rules.md."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nnlab.check.lint import SUBJECTS

if TYPE_CHECKING:
    from nnlab.check.rule import Rule

HEAD = """\
# What `nnlab check` looks for

Made from the rules in `nnlab/check` by `python docs/make_rules.py`; do not edit.

A **warning** is a mistake, or nearly always one: `nnlab check --strict` exits with 8. A **note**
says what a result will not tell. Rules marked *data* read the data set, and `--no-data` leaves them
out. Where a rule does not apply, the experiment says so and why:

```yaml
ignore: {NL107: overfitting is what this experiment shows}
```
"""

TAIL = """\
## What needs no rule

- Early stopping, a plateau schedule or `select: best` without a validation part: the config is
  refused with the line. What remains, a fraction that is rounded to no example, is NL403.
- A scaler fitted on all rows: nnlab fits it on the training part. What remains, a table that was
  scaled before, is NL104.
- Two-dimensional dropout on a vector cannot be written: dropout drops single units.
- An initialiser that is written and never called: `init` is always applied. What remains, an
  `init_std` that no scheme reads, is NL205.
- Dropout on the outputs cannot be written either; before the last layer it harms numbers, NL207.
- float64 on a GPU that `device: auto` finds: the experiment does not say which machine it is for.
"""


def explain(rule: Rule) -> str:
    """Return what a rule is, why it matters and what to do."""
    return f"{rule.code}: {rule.title} ({_marks(rule)})\n\n{rule.why}\n\nFix: {rule.fix}"


def page() -> str:
    """Return docs/rules.md."""
    sections = [
        "\n".join([f"## {subject}\n", *(_section(rule) for rule in rules)])
        for subject, rules in SUBJECTS.items()
    ]
    return "\n".join([HEAD, *sections, TAIL])


def _section(rule: Rule) -> str:
    why = textwrap.fill(f"*{_marks(rule).capitalize()}.* {rule.why}", width=100)
    return f"### {rule.code}: {rule.title}\n\n{why}\n\nFix: {rule.fix}.\n"


def _marks(rule: Rule) -> str:
    return f"{rule.level}, data" if rule.reads_data else rule.level
