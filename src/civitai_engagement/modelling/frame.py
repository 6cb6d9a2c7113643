"""One row a media: how many reactions it had at one age, and everything known of how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers, codes_of
from civitai_engagement.records.findings import Measure

QUARTER_DAYS = 90
POSTS_A_SPAN = 20
# With fewer creators than this they cannot stand for creators at large: posts are the unit then.
FEWEST_CREATORS = 20


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing asked about. A control is in every model; a null check cannot matter, and is shown only if it seems to.

    A choice has its labels by code. What is asked beside the controls alone is whether others are told at all: among
    those that tell them there is nothing to compare.
    """

    name: str
    measure: Measure
    is_control: bool = False
    is_null_check: bool = False
    is_beside_controls: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """Media with outcomes. `values` has a column for every parameter: NaN where it is not known.

    >>> frame.only(frame.known("steps"))
    """

    counts: Numbers
    posts: Codes
    creators: Codes
    days: Numbers
    values: Mapping[str, Numbers]
    parameters: tuple[Parameter, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.counts)

    def known(self, *names: str) -> Mask:
        """Say of which media all the named parameters are known."""
        known = np.ones(len(self), dtype=bool)
        for name in names:
            known &= np.isfinite(self.values[name])
        return known

    def told_beside(self) -> dict[str, dict[str, float]]:
        """Say of each parameter which share of the media that tell it tell each other one."""
        names = [one.name for one in self.parameters]
        known = np.array([np.isfinite(self.values[name]) for name in names], np.float64).reshape(len(names), len(self))
        shares = known @ known.T / np.maximum(known.sum(axis=1), 1.0)[:, None]
        return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, shares.tolist(), strict=True)}

    def only(self, mask: Mask | Codes) -> "Frame":
        """Keep some media: those a mask says, or those at some places, in that order."""
        values = {name: column[mask] for name, column in self.values.items()}
        return replace(
            self,
            counts=self.counts[mask],
            posts=codes_of(self.posts[mask]),
            creators=codes_of(self.creators[mask]),
            days=self.days[mask],
            values=values,
        )

    def in_blocks(self, mask: Mask) -> Codes:
        """Give the places of some media, those of a block together: sums over blocks and creators are fast then."""
        places = np.flatnonzero(mask)
        return places[np.argsort(self.blocks()[places], kind="stable")]

    @cached_property
    def is_many(self) -> bool:
        """Whether there are creators enough to be the unit."""
        return len(np.unique(self.creators)) >= FEWEST_CREATORS

    def clusters(self) -> Codes:
        """Give what is independent: creators, or posts where creators are few. Media of one post never are."""
        return self.creators if self.is_many else self.posts

    def blocks(self) -> Codes:
        """Give what is compared with each other: a creator's media of 90 days, or of about twenty posts in a row."""
        return self._blocks

    @cached_property
    def _blocks(self) -> Codes:
        spans = np.floor(self.days / QUARTER_DAYS).astype(np.int64) if self.is_many else self._spans()
        return codes_of(codes_of(spans) + self.creators * (len(self) + 1))

    def _spans(self) -> Codes:
        spans = np.zeros(len(self), dtype=np.int64)
        for creator in np.unique(self.creators):
            own = np.flatnonzero(self.creators == creator)
            spans[own] = _in_order(self.posts[own], self.days[own])
        return spans


def _in_order(posts: Codes, days: Numbers) -> Codes:
    """Part one creator's posts, oldest first, into spans of about twenty."""
    numbers, first, inverse = np.unique(posts, return_index=True, return_inverse=True)
    ranks = np.empty(len(numbers), dtype=np.int64)
    ranks[np.argsort(days[first], kind="stable")] = np.arange(len(numbers))
    count = max(1, round(len(numbers) / POSTS_A_SPAN))
    spans: Codes = (ranks * count // len(numbers))[inverse]
    return spans
