"""The codes of the lint rules in nnlab/check, by which an experiment can ignore them."""

from __future__ import annotations

from typing import Literal

RuleCode = Literal[
    "NL101",
    "NL102",
    "NL103",
    "NL104",
    "NL105",
    "NL106",
    "NL107",
    "NL108",
    "NL109",
    "NL110",
    "NL111",
    "NL112",
    "NL113",
    "NL114",
    "NL201",
    "NL202",
    "NL203",
    "NL204",
    "NL205",
    "NL206",
    "NL207",
    "NL208",
    "NL209",
    "NL301",
    "NL302",
    "NL303",
    "NL304",
    "NL305",
    "NL401",
    "NL402",
    "NL403",
    "NL404",
    "NL405",
    "NL406",
    "NL407",
    "NL408",
]
