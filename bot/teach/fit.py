"""Samples -> weights: maximum a posteriori, with a Gaussian prior at the weights one has. Pure, standard library."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SWEEPS = 60
_STEP = 0.75  # of a Newton step, for damping
LOOSE = 0.02
_SETTLED = 0.003  # logits: the largest step of a sweep with which it ends


@dataclass(frozen=True, slots=True)
class Sample:
    """One text or one move: its features, whether it is one, what it counts, and the fold and set it lies in."""

    features: Mapping[str, float]
    positive: bool
    weight: float = 1.0
    fold: int = 0
    set: str = ""


def fit(
    samples: Iterable[Sample], prior: Mapping[str, float], strength: float, base_rate: float = LOOSE
) -> dict[str, float]:
    """Return the weights of largest posterior: cyclic Newton steps, one weight at a time.

    `strength` is how firmly weights are held to the prior, `base_rate` how firmly the intercepts: loosely where
    samples are as common as in a feed, firmly where somebody chose them.
    Each pass costs time linear in the features that are not zero; at most 60 passes.
    """
    data = list(samples)
    columns: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for index, sample in enumerate(data):
        for name, value in sample.features.items():
            columns[name].append((index, value))
    weights = {name: prior.get(name, 0.0) for name in columns}
    logits = [sum(weights[n] * v for n, v in sample.features.items()) for sample in data]
    for _ in range(SWEEPS):
        moved = 0.0
        for name, column in columns.items():
            held = base_rate if name in ("bias", "short") else strength
            slope, bend = held * (weights[name] - prior.get(name, 0.0)), held
            for index, value in column:
                guess = logistic(logits[index])
                sample = data[index]
                slope += sample.weight * (guess - sample.positive) * value
                bend += sample.weight * guess * (1 - guess) * value * value
            step = max(-0.5, min(0.5, -_STEP * slope / bend))
            weights[name] += step
            moved = max(moved, abs(step))
            for index, value in column:
                logits[index] += step * value
        if moved < _SETTLED:
            break
    return weights


def logistic(total: float) -> float:
    """Return the probability of these log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def guess(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the probability that the weights give these features."""
    return logistic(sum(weights.get(name, 0.0) * value for name, value in features.items()))
