"""A table as people send them: categories, gaps, dates, ids, umlauts, decimal commas."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

CITIES = ["Köln", "Münster", "Ulm", "Bonn", "Gießen", "São Paulo"]
COLUMNS = [
    "", "Kunden-Nr", "Größe", "Gewicht", "Stadt", "Mitglied", "geboren", "Notiz", "leer", "Käufe",
    "Antwort",
]  # fmt: skip


def write_messy(path: Path, size: int = 2000, seed: int = 0, *, encoding: str = "utf-8") -> Path:
    """Write a table of semicolons and decimal commas, whose target depends on its columns."""
    draw = random.Random(seed)
    numbers = random.Random(seed).sample(range(10_000, 99_999), size)
    lines = [";".join(COLUMNS)]
    lines += [";".join(_row(draw, i, numbers[i])) for i in range(size)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    return path


def _row(draw: random.Random, index: int, number: int) -> list[str]:
    height, city = draw.gauss(172, 9), draw.choice(CITIES)
    weight = 0.9 * (height - 100) + draw.gauss(0, 8)
    is_member = draw.random() < 0.4
    born = date(1950, 1, 1) + timedelta(days=draw.randrange(18_000))
    score = (weight - 65) / 10 + 1.5 * is_member + (city in CITIES[:3]) - born.year / 20 + 98
    answer = "ja" if score + draw.gauss(0, 0.5) > 0.8 else "nein"
    row = [
        str(index),
        f"K{number}",
        f"{height:.1f}".replace(".", ","),
        f"{weight:.2f}".replace(".", ","),
        city,
        "true" if is_member else "false",
        born.strftime("%d.%m.%Y"),
        f"Anruf {number * 7919 % 100_003}",
        "",
        str(draw.randrange(12)),
        answer,
    ]
    for column, chance, gap in ((2, 0.04, ""), (4, 0.02, "NA"), (6, 0.03, ""), (9, 0.01, "?")):
        if draw.random() < chance:
            row[column] = gap
    return row
