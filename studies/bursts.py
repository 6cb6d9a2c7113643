"""Whether bursts are found, and how often a clean image is called unusual."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import cos, log, pi
from random import Random

from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.unusual import Kind, Usual, learn, unusual
from studies.findings import Aim, Effort, Finding, percent
from studies.worlds import AS_COLLECTED, EPOCH, NO_BURST, USUAL_FITS, Burst, ByHour, Fits, any_family, flat, live, observe

CLEAN, BURSTING = 30, 6
FOLLOWED = 168.0
SIZES = {"10 to 20": (10.0, 20.0), "20 to 50": (20.0, 50.0), "over 50": (50.0, float("inf"))}
LENGTHS = (2.0, 4.0, 8.0)
STARTS = (5.0, 48.0)


def rhythm(at: datetime) -> float:
    """A day in which the busiest hour has twice the reactions of the quietest."""
    return 1 + cos(2 * pi * (at.hour - 20) / 24) / 3


def study(effort: Effort) -> list[Finding]:
    usual_worlds = [_World(seed) for seed in range(effort.worlds)]
    ...
