"""Tables of differences, seeds by examples, with known variance components."""

from __future__ import annotations


def crossed(generator, num_seeds=5, num_examples=200, seeds=1.0, examples=2.0, noise=3.0):
    """Return a table of crossed Gaussian effects with mean 0."""
    return (
        generator.normal(0, seeds, (num_seeds, 1))
        + generator.normal(0, examples, num_examples)
        + generator.normal(0, noise, (num_seeds, num_examples))
    )
