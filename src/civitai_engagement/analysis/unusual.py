"""Bursts and stalls of one curve against itself: what its own neighbouring hours would have led to expect."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from civitai_engagement.analysis.curves import Curve, Knot, read_off
from civitai_engagement.analysis.unknown import NotObserved
