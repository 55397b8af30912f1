"""Labelled experiments, flawed and sound, for judging the linter."""

from __future__ import annotations

from tests.reference.lint_cases.case import Case
from tests.reference.lint_cases.flawed_rates import FLAWED_RATES
from tests.reference.lint_cases.flawed_splits import FLAWED_SPLITS
from tests.reference.lint_cases.flawed_tables import FLAWED_TABLES
from tests.reference.lint_cases.flawed_training import (
    FLAWED_BUDGETS,
    FLAWED_MODELS,
)
from tests.reference.lint_cases.reviewed import REVIEWED_FLAWED
from tests.reference.lint_cases.reviewed_sound import REVIEWED_SOUND
from tests.reference.lint_cases.sound_models import SOUND_MODELS
from tests.reference.lint_cases.sound_tables import SOUND_TABLES
from tests.reference.lint_cases.sound_training import SOUND_TRAINING

FLAWED = (
    FLAWED_TABLES | FLAWED_SPLITS | FLAWED_RATES | FLAWED_BUDGETS | FLAWED_MODELS | REVIEWED_FLAWED
)
SOUND = SOUND_TABLES | SOUND_TRAINING | SOUND_MODELS | REVIEWED_SOUND

__all__ = ["FLAWED", "SOUND", "Case"]
