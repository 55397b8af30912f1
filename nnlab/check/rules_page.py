"""The lint rules as text: one for the terminal, all of them for docs/rules.md."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nnlab.check.lint import SUBJECTS

if TYPE_CHECKING:
    from nnlab.check.rule import Rule

HEAD = """\
# What `nnlab check` looks for

Generated from the rules in `nnlab/check` by `python docs/make_rules.py`; do not edit.

A **warning** is nearly always a mistake: `nnlab check --strict` exits with 8. A **note** states a
limit of the result. Rules marked *data* read the data set; `--no-data` skips them. If a rule does
not apply, say so in the experiment, with the reason:

```yaml
ignore: {NL107: overfitting is what this experiment shows}
```
"""

TAIL = """\
## What needs no rule

- Early stopping, a plateau schedule or `select: best` without a validation split: the config is
  rejected, with the line. A fraction that rounds to zero examples is refused too; see NL403.
- A scaler fitted on all rows: nnlab fits it on the training split. The remaining case, a table
  that was scaled beforehand, is NL104.
- Two-dimensional dropout on a vector: a config cannot express it, because dropout drops single
  units.
- An initialiser that is defined but never called: `init` is always applied. The remaining case, an
  `init_std` that the scheme ignores, is NL205.
- Dropout on the outputs: a config cannot express it either. Before the last layer of a regression,
  it is NL207.
- float64 on a GPU that `device: auto` finds: the experiment does not specify the machine.
"""


def explain(rule: Rule) -> str:
    """Return the title of a rule, why it matters and how to fix it."""
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
