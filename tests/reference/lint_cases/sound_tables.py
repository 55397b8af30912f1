"""Sound experiments whose tables look odd, or do not."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases import odd
from tests.reference.lint_cases.case import FOREST, LOGISTIC, MLP, MOMENTUM, Case, classify, regress
from tests.reference.lint_cases.tables import (
    clusters,
    diabetes,
    digits,
    houses,
    patients,
    rare,
    real,
    series,
    shuffled,
    take,
)

SOUND_TABLES = {
    "iris": Case(
        "Three species, scaled by training rows, ten splits.",
        classify("species", MLP.replace("seeds: 3", "seeds: 10"), ", split: {vary: true}"),
        lambda: real("iris"),
    ),
    "wine": Case(
        "Logistic regression of 13 features.", classify("cultivar", LOGISTIC), lambda: real("wine")
    ),
    "cancer": Case(
        "A small network on 30 correlated features.",
        classify("diagnosis"),
        lambda: real("breast_cancer"),
    ),
    "progression": Case(
        "A measured number is predicted as a number.", regress("progression"), diabetes
    ),
    "digit_pixels": Case(
        "Pixels at the border are always 0: pictures are like that.", classify("digit"), digits
    ),
    "house_prices": Case("Prices are learned standardised.", regress("price", MOMENTUM), houses),
    "two_species": Case(
        "Petals alone separate two species: nature, not a leak.",
        classify("species", LOGISTIC),
        odd.two_species,
    ),
    "far_clusters": Case(
        "Clusters that are far apart: every feature is good.",
        classify("kind"),
        lambda: clusters(240, features=4, distance=8, seed=105),
    ),
    "questionnaire": Case(
        "Seven yes/no questions: equal rows are different people.",
        classify("recommends"),
        odd.questionnaire,
    ),
    "designed": Case(
        "A full factorial in four replicates, coded -1 and +1: the levels repeat.",
        regress("strength", MOMENTUM),
        odd.designed,
    ),
    "series_by_time": Case(
        "A daily series, tested on its latest days.",
        regress("load", LOGISTIC, ", split: {time: day}"),
        series,
    ),
    "series_in_order": Case(
        "Lags of a series in its order, split in that order.",
        regress("load", LOGISTIC, ", drop: [day], split: {order: sequential}"),
        series,
    ),
    "patients_apart": Case(
        "Visits of a patient stay on one side of the split.",
        classify("diagnosis", keys=", split: {group: patient}"),
        lambda: patients(60, 6, seed=106),
    ),
    "one_visit": Case(
        "A patient number that is left out; each patient came once.",
        classify("diagnosis", keys=", drop: [patient]"),
        lambda: {"patient": np.arange(569) + 1, **shuffled(real("breast_cancer"))},
    ),
    "ohm": Case(
        "Current and resistance say the voltage but for 2 %: physics, not a leak.",
        regress("voltage"),
        odd.ohm,
    ),
    "rare_smokers": Case(
        "6 % smoke: the column is mostly 0, and matters.", classify("ill"), odd.rare_smokers
    ),
    "genotypes": Case(
        "AA, Aa and aa are three genotypes; the case says which.",
        classify("genotype"),
        odd.genotypes,
    ),
    "wine_quality": Case(
        "Four grades as classes; humidity and width are no ids.",
        classify("quality"),
        odd.wine_quality,
    ),
    "balances": Case(
        "Balances of -999 and below are real ones among their like.",
        classify("granted"),
        odd.balances,
    ),
    "rainfall": Case(
        "On most days it does not rain: 0 is a measurement.", regress("runoff"), odd.rainfall
    ),
    "populations": Case(
        "Every city has another population: a quantity, not an id.", regress("traffic"), odd.cities
    ),
    "reactions": Case(
        "time is a reaction time, group the treatment: features of persons.",
        classify("error", LOGISTIC),
        odd.reactions,
    ),
    "birthdays": Case(
        "Birthdays are dates of independent persons: any split will do.",
        classify("owner"),
        odd.born,
    ),
    "land_use": Case(
        "Shares of land add up to 100 %, as shares do.",
        regress("species", LOGISTIC),
        odd.shares_of_land,
    ),
    "click_rates": Case(
        "A rate from 0 to 1 is in its unit; nobody scaled it.", classify("returns"), odd.rates
    ),
    "missing_ages": Case(
        "Missing months are filled in with the median of the training rows.",
        classify("answer", keys=", missing: median"),
        odd.missing_ages,
    ),
    "wide_and_short": Case(
        "More features than rows, held by a strong penalty.",
        classify("kind", LOGISTIC.replace("C: 1.0", "C: 0.01")),
        odd.wide_and_short,
    ),
    "postcodes": Case(
        "Codes are declared as categories.",
        classify("buys", keys=", columns: {postcode: category}"),
        odd.postcodes,
    ),
    "counts": Case("Counts are predicted as numbers.", regress("calls"), odd.counts),
    "part_column": Case(
        "A column says which rows train and which test.",
        classify("kind", keys=", split: {column: part}"),
        lambda: {**clusters(400, seed=107), "part": odd.parts(400, 108)},
    ),
    "own_test_file": Case(
        "The test rows come in a file of their own.",
        classify("kind", keys=", test_path: test.csv"),
        lambda: take(clusters(400, seed=109), slice(0, 280)),
        {"test.csv": lambda: take(clusters(400, seed=109), slice(280, 400))},
    ),
    "shuffled_rows_in_order": Case(
        "The rows are in random order already; the split follows it.",
        classify("species", keys=", split: {order: sequential, stratify: false}"),
        lambda: shuffled(real("iris"), seed=110),
    ),
    "log_target": Case(
        "The target was logged: no row rules the error.", regress("y", MOMENTUM), odd.log_income
    ),
    "fraud_weighed": Case(
        "Frauds are rare, weigh more, and are judged by balanced accuracy.",
        classify(
            "fraud",
            "loss: {name: cross_entropy, class_weight: balanced}\n"
            + MLP.replace("seeds: 3", "seeds: 3, monitor: val.balanced_accuracy"),
        ),
        lambda: rare(600, share=0.08, seed=111),
    ),
    "fraud_macro": Case(
        "Frauds are rare; the epoch of the best macro F1 is kept.",
        classify("fraud", MLP.replace("seeds: 3", "seeds: 3, monitor: val.macro_f1")),
        lambda: rare(600, share=0.1, seed=112),
    ),
    "small_table": Case(
        "Sixty rows, and twenty splits because of that.",
        classify(
            "kind",
            LOGISTIC.replace("epochs: 1", "epochs: 1, seeds: 20"),
            ", split: {vary: true, test: 0.25}",
        ),
        lambda: clusters(60, features=3, classes=2, distance=2.5, seed=113),
    ),
    "forest_unscaled": Case(
        "Trees do not care for scales: standardize is off.",
        classify("diagnosis", FOREST, ", standardize: false"),
        lambda: real("breast_cancer"),
    ),
    "zeros_and_ones_unscaled": Case(
        "Features are 0 and 1 only: nothing to standardise.",
        classify("recommends", keys=", standardize: false"),
        odd.questionnaire,
    ),
    "numbered_classes": Case(
        "Three classes called 2, 5 and 7.", classify("kind", LOGISTIC), odd.numbered
    ),
}
