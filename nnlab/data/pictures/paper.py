"""Telling ink from the paper it is on, which may be grey, noisy or unevenly lit."""

from __future__ import annotations

import numpy as np

WHITE = 255.0
# Grey levels by which most of an even border differs from its median.
EVEN = 3
EVEN_SHARE = 80
NEAR = 10
# Share of the border that has one grey level if ink reaches the border of an even paper.
COMMON = 0.3
# The paper is fitted to at most this many pixels a side.
GRID = 48
NUM_FITS = 30
# Deviations of the noise that are not ink.
NOISE = 3
# Something is drawn if it differs from the paper by six deviations of the noise, which is that of
# the quarter of the pixels that differ least, and by 12 grey levels; 48 are always seen.
VISIBLE = 6
PAPER_SHARE, QUARTILE_OF_NORMAL = 25, 0.3186
MIN_CONTRAST = (12, 48)
# The brightest half of the ink gives its level; a single pixel may be noise.
TYPICAL_INK = 90


def paper_of(grey: np.ndarray) -> np.ndarray:
    """Return the grey levels that the paper has without ink: ``()`` if it is even, else ``(H, W)``.

    Paper that is unevenly lit is the quadratic surface with the least sum of absolute deviations:
    ink, which covers less than half of a picture, hardly moves it.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level = np.median(border)
    if np.percentile(np.abs(border - level), EVEN_SHARE) <= EVEN or min(grey.shape) < 3:
        return np.asarray(level)
    common = np.bincount(border.astype(np.int64)).argmax()
    if np.mean(np.abs(border - common) <= EVEN) >= COMMON:
        return np.asarray(np.median(border[np.abs(border - common) <= NEAR]))
    return _fitted(grey)


def _fitted(grey: np.ndarray) -> np.ndarray:
    rows, columns = (_grid(side) for side in grey.shape)
    sample = grey[np.ix_(rows, columns)].ravel()
    terms = _terms(rows / grey.shape[0], columns / grey.shape[1])
    weights, coefficients = np.ones(len(sample)), np.zeros(terms.shape[1])
    for _ in range(NUM_FITS):
        root = np.sqrt(weights)
        coefficients = np.linalg.lstsq(terms * root[:, None], sample * root, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(sample - terms @ coefficients), 1)
    everywhere = _terms(*(np.arange(side) / side for side in grey.shape))
    surface: np.ndarray = everywhere @ coefficients
    return surface.reshape(grey.shape)


def _grid(side: int) -> np.ndarray:
    return np.unique(np.linspace(0, side - 1, GRID).round().astype(int))


def _terms(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the terms of a quadratic surface at every crossing, ``(len(rows) len(columns), 6)``."""
    y, x = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def is_blank(ink: np.ndarray) -> bool:
    """Return whether nothing is drawn: what differs from the paper is no more than its noise.

    Args:
        ink: How much brighter than the paper each pixel is.
    """
    difference = np.abs(ink)
    noise = np.percentile(difference, PAPER_SHARE) / QUARTILE_OF_NORMAL
    return bool(difference.max() < np.clip(VISIBLE * noise, *MIN_CONTRAST))


def level_ink(ink: np.ndarray) -> np.ndarray:
    """Return light ink on black paper, from 0 to 255.

    Args:
        ink: How much brighter than the paper each pixel is; paper differs from 0 by its noise.
    """
    below = ink[ink <= 0]
    noise = float(np.sqrt(np.mean(below**2))) if len(below) else 0.0
    peak = float(ink.max())
    if noise:
        peak = float(np.percentile(ink[ink > peak / 2], TYPICAL_INK))
    least = min(NOISE * noise, peak / 2)
    leveled: np.ndarray = np.clip(np.where(ink > least, ink, 0) / peak, 0, 1) * WHITE
    return leveled
