"""Flaws that are in the table."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases import spoiled
from tests.reference.lint_cases.case import FOREST, LOGISTIC, MOMENTUM, Case, classify, regress
from tests.reference.lint_cases.tables import (
    churn,
    clusters,
    diabetes,
    features_mapped,
    houses,
    real,
)

FLAWED_TABLES = {
    "leak_coded_copy": Case(
        "The column biopsy is the diagnosis, coded as 0 and 1.",
        classify("diagnosis"),
        spoiled.coded_copy,
        kind="leak",
    ),
    "leak_noisy_copy": Case(
        "The column assay is three times the class number plus a little noise.",
        classify("cultivar", LOGISTIC),
        spoiled.noisy_copy,
        kind="leak",
    ),
    "leak_logarithm": Case(
        "The column severity is the logarithm of the target.",
        regress("progression"),
        spoiled.logarithm_of_target,
        kind="leak",
    ),
    "leak_parts": Case(
        "land_value + charges is the price exactly: the parts of the target are features.",
        regress("price", MOMENTUM),
        spoiled.parts_of_target,
        kind="leak",
    ),
    "leak_text": Case(
        "The common name of a species is a feature: a text that says the class.",
        classify("species"),
        spoiled.text_copy,
        kind="leak",
    ),
    "leak_afterwards": Case(
        "closing_refund is known only after the customer has left: it is 0 for all who stayed.",
        classify("answer", FOREST),
        spoiled.known_afterwards,
        kind="leak",
    ),
    "duplicates_tripled": Case(
        "Every row is there three times: copies of training rows are in the test split.",
        classify("kind"),
        spoiled.repeated,
        kind="duplicates",
    ),
    "duplicates_jittered": Case(
        "The table was augmented before the split: each wine twice more, with 0.2 % of noise.",
        classify("cultivar", MOMENTUM),
        spoiled.jittered,
        kind="duplicates",
    ),
    "duplicates_oversampled": Case(
        "The rare class was oversampled before the split.",
        classify("fraud", FOREST),
        spoiled.oversampled,
        kind="duplicates",
    ),
    "duplicates_rounded": Case(
        "Two exports were joined: every patient is there twice, once with rounded values.",
        regress("progression"),
        spoiled.rounded_again,
        kind="duplicates",
    ),
    "scaled_min_max": Case(
        "All columns were scaled to 0..1 over the whole table, test rows included.",
        classify("cultivar", LOGISTIC),
        lambda: features_mapped(real("wine"), "cultivar", spoiled.min_max),
        kind="scaled_before_split",
    ),
    "scaled_z_score": Case(
        "All columns were standardised over the whole table, test rows included.",
        classify("diagnosis", keys=", standardize: false"),
        lambda: features_mapped(real("breast_cancer"), "diagnosis", spoiled.z_score),
        kind="scaled_before_split",
    ),
    "scaled_as_published": Case(
        "The diabetes table as scikit-learn ships it: centred and scaled over all 442 patients.",
        regress("progression"),
        lambda: diabetes(scaled=True),
        kind="scaled_before_split",
    ),
    "constant_number": Case(
        "The firmware number is the same in every row.",
        classify("kind"),
        lambda: {"firmware": [3] * 300, **clusters(seed=14)},
        kind="constant_column",
    ),
    "constant_text": Case(
        "The unit is cm in every row: the column says nothing.",
        classify("species", LOGISTIC),
        lambda: {**real("iris"), "unit": ["cm"] * 150},
        kind="constant_column",
    ),
    "sentinel_minus_999": Case(
        "-999 stands for a missing bmi in 8 % of the rows, and is taken as a number.",
        regress("progression"),
        spoiled.with_sentinel,
        kind="sentinel",
    ),
    "sentinel_99999": Case(
        "99999 stands for an unknown fee.",
        classify("answer", LOGISTIC),
        spoiled.with_nines,
        kind="sentinel",
    ),
    "sentinel_zero": Case(
        "A blood pressure of 0 stands for one that was not measured.",
        classify("ill"),
        spoiled.with_zeros,
        kind="sentinel",
    ),
    "id_counting": Case(
        "customer_id counts the rows and is a feature.",
        classify("answer"),
        lambda: {"customer_id": np.arange(1001, 1401), **churn(seed=15)},
        kind="id_column",
    ),
    "id_random": Case(
        "account is a random number of eight digits, another in each row, and is a feature.",
        regress("price", FOREST),
        lambda: {
            "account": np.random.default_rng(7).permutation(10**6)[:300] + 31_000_000,
            **houses(seed=16),
        },
        kind="id_column",
    ),
    "target_typing_error": Case(
        "Two prices are a thousand times too high: a typing error rules the squared error.",
        regress("price"),
        spoiled.typing_error,
        kind="outlying_target",
    ),
    "target_heavy_tail": Case(
        "The target spans orders of magnitude, a few rows make up the squared error: take logs.",
        regress("y"),
        spoiled.heavy_tail,
        kind="outlying_target",
    ),
    "numbers_progression": Case(
        "A measured number with 214 values is classified: most classes have one or two rows.",
        classify("progression", keys=", split: {stratify: false}"),
        diabetes,
        kind="numbers_as_classes",
        blind=False,
    ),
    "numbers_rounded": Case(
        "Rounded temperatures are classified: their order is lost, the outer ones are rare.",
        classify("degrees", keys=", split: {stratify: false}"),
        spoiled.rounded_degrees,
        kind="numbers_as_classes",
        blind=False,
    ),
    "spelling_title": Case(
        "Some species are in capitals: Setosa and setosa are two classes.",
        classify("species", keys=", split: {stratify: false}"),
        spoiled.spelled_differently,
        kind="label_spelling",
    ),
    "spelling_blank": Case(
        "left, Left, and answers with a blank at the end are classes of their own.",
        classify("answer"),
        spoiled.abbreviated,
        kind="label_spelling",
    ),
    "label_unknown": Case(
        "'unknown' is a class: rows without a label are learned as a kind of their own.",
        classify("kind"),
        spoiled.unknown_labels,
        kind="unknown_label",
    ),
    "class_of_three": Case(
        "One class has three rows: it cannot be learned, and its test score is one row.",
        classify("kind", keys=", split: {stratify: false}"),
        spoiled.three_of_a_kind,
        kind="rare_class",
    ),
    "mixed_units": Case(
        "Some heights are in metres, some in centimetres.",
        regress("weight"),
        spoiled.metres_and_centimetres,
        kind="mixed_units",
    ),
    "codes_as_numbers": Case(
        "Codes of regions are used as amounts: 112 is not more than 101.",
        classify("buys"),
        spoiled.region_codes,
        kind="codes_as_numbers",
    ),
}
