"""Tones of comments counted: shares with their interval, never a mean."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from civitai_engagement.records.comments import Tone

LEAST_SCORED = 30
NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class ToneShare:
    """How many of the scored comments have a tone; share and interval only where there are enough."""

    tone: Tone
    count: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def shares(tones: Iterable[Tone]) -> list[ToneShare]:
    """Count tones; of those scored, with the interval of a share.

    >>> shares([Tone.POSITIVE, Tone.UNSCORED])[0].count
    1
    """
    counts = Counter(tones)
    scored = sum(count for tone, count in counts.items() if tone is not Tone.UNSCORED)
    return [_share(tone, counts[tone], scored) for tone in Tone]


def _share(tone: Tone, count: int, scored: int) -> ToneShare:
    if tone is Tone.UNSCORED or scored < LEAST_SCORED:
        return ToneShare(tone, count)
    return ToneShare(tone, count, count / scored, *wilson(count, scored))


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson 1927).

    >>> tuple(round(one, 3) for one in wilson(15, 30))
    (0.331, 0.669)
    """
    square = NORMAL_95**2
    middle = (hits + square / 2) / (cases + square)
    half = NORMAL_95 / (cases + square) * math.sqrt(hits * (cases - hits) / cases + square / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
