"""Phrases of prompts: which go with more reactions within the same creator and time, by two tests that must agree."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers, summed
from civitai_engagement.modelling.design import SideCounts, design, sides
from civitai_engagement.modelling.effects import NAMED
from civitai_engagement.modelling.frame import Frame
from civitai_engagement.modelling.jackknife import estimate
from civitai_engagement.modelling.multiple import adjusted
from civitai_engagement.modelling.poisson import fit, sample_of, with_reactions, without_runaways
from civitai_engagement.modelling.randomised import chances, randomised
from civitai_engagement.modelling.terms import Usage, boilerplate, both_sides, grouped, triggers, twins, usage_of
from civitai_engagement.records.findings import EffectVerdict

TOO_FEW_CREATORS = 40  # so many or fewer say nothing of phrases
LEAST_POSTS, LEAST_CREATORS, LEAST_CLUSTERS = 10, 10, 10.0
OWN_POSTS, OWN_TERMS, OWN_CLUSTERS = 150, 60, 5.0
COMMON, MOST_PAIRED = 0.05, 16


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase, with what is nearly always beside it, or two together (`pair`) beyond what each goes with.

    `chance` is the larger p of both tests. No ratio where chance alone explains what there is.
    """

    terms: tuple[str, ...]
    sides: SideCounts
    chance: float
    pair: bool = False
    lora: str | None = None
    fixed: int = 0
    lift: float | None = None
    false_share: float = 1.0
    verdict: EffectVerdict = EffectVerdict.UNCERTAIN
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Patterns:
    """All that was tested; `always` are the phrases that some creators use in four of five of their media."""

    rows: Sequence[Pattern]
    media: int
    posts: int
    creators: int
    always: Sequence[tuple[str, int]]
    is_short: bool = False

    @property
    def named(self) -> list[Pattern]:
        return [one for one in self.rows if one.verdict is not EffectVerdict.UNCERTAIN]


@dataclass(frozen=True)
class _Heard:
    """Media that can be compared, with what is held equal, and counts without runaways."""

    frame: Frame
    controls: Numbers
    start: Numbers
    capped: Numbers

    @classmethod
    def of(cls, frame: Frame) -> "_Heard":
        controls = design(frame, [one for one in frame.parameters if one.is_control]).columns
        capped = without_runaways(frame.counts, frame.blocks())
        return cls._held(frame, controls, capped)

    @classmethod
    def _held(cls, frame: Frame, controls: Numbers, capped: Numbers) -> "_Heard":
        sample = sample_of(capped, controls, frame.blocks(), frame.clusters(), frame.posts)
        return cls(frame, controls, fit(sample).coefficients if controls.shape[1] else np.zeros(0), capped)

    def beside(self, *more: Mask) -> "_Heard":
        """Hold more things equal."""
        return self._held(self.frame, np.column_stack([self.controls, *more]), self.capped)

    def level(self) -> Numbers:
        """Give counts as they would be if all that is held equal were."""
        return np.asarray(self.frame.counts / np.exp(self.controls @ self.start))

    def scores(self, usage: Usage) -> Numbers:
        return randomised(self.level(), self.frame.posts, self.frame.blocks(), usage)

    def measured(self, has: Mask, counts: Numbers) -> tuple[float, float, float, float]:
        """Give the logarithm of a ratio, half its interval, its p, and the clusters it rests on."""
        frame, columns = self.frame, np.column_stack([self.controls, has])
        sample = sample_of(counts, columns, frame.blocks(), frame.clusters(), frame.posts)
        told = estimate(fit(sample, np.r_[self.start, 0.0]), np.eye(columns.shape[1])[-1:])
        return float(told.values[0]), float(told.half_widths[0]), float(told.chances[0]), float(told.clusters[0])


def patterns(
    frame: Frame,
    phrases: Sequence[Sequence[str]],
    loras: Sequence[Sequence[str]],
    *,
    pairs: bool = False,
    told: Sequence[str] = (),
) -> Patterns:
    """Test every phrase that enough media use. What chance explains has no ratio, but for the phrases of `told`.

    >>> patterns(frame, phrases, loras).named
    """
    counted = (len(frame), len(np.unique(frame.posts)), len(np.unique(frame.creators)))
    if counted[2] <= TOO_FEW_CREATORS and (counted[2] != 1 or counted[1] < OWN_POSTS):
        return Patterns((), *counted, always=(), is_short=True)
    kept = with_reactions(frame.counts, frame.blocks()) & frame.known(*_controls(frame))
    places = frame.in_blocks(kept)
    heard = _Heard.of(frame.only(places))
    usage = usage_of([phrases[place] for place in places])
    found = _phrases(heard, usage, usage_of([loras[place] for place in places]))
    named = _judged(found)
    if pairs:
        named = _judged([*found, *_pairs(heard, usage, named)])
    fixed = boilerplate(usage, heard.frame.creators)
    always = [(usage.names[place], int(fixed[place])) for place in np.argsort(-fixed, kind="stable") if fixed[place]]
    return Patterns([_told(heard, usage, one, told) for one in named], *counted, always=always)


def _controls(frame: Frame) -> list[str]:
    return [one.name for one in frame.parameters if one.is_control]


def _phrases(heard: _Heard, usage: Usage, loras: Usage) -> list[Pattern]:
    """Test one phrase of each group of twins."""
    frame = heard.frame
    groups = [one for one in twins(usage, frame.blocks()) if _are_enough(heard, usage)[one[0]]]
    groups = groups if frame.is_many else groups[:OWN_TERMS]
    first = usage.only([one[0] for one in groups])
    if not groups:
        return []
    scores, fixed = heard.scores(first), boilerplate(first, frame.creators)
    names = triggers(first, loras, frame.blocks())
    found = []
    for place, group in enumerate(groups):
        has = first.has(place)
        chance = _agreed(heard, has, float(scores[place]))
        terms = tuple(usage.names[one] for one in group)
        found.append(Pattern(terms, sides(frame, has), chance, lora=names[place], fixed=int(fixed[place])))
    return found


def _are_enough(heard: _Heard, usage: Usage) -> Mask:
    """Say which terms are used and left out by enough media, posts and creators."""
    frame, media = heard.frame, usage.media()
    size, posts = len(frame), int(frame.posts.max(initial=-1)) + 1
    used = np.asarray((grouped(usage, frame.posts) > 0).sum(axis=0))
    enough = (np.minimum(media, size - media) >= 20) & (used >= LEAST_POSTS) & (posts - used >= LEAST_POSTS)
    if frame.is_many:
        enough &= both_sides(usage, frame.creators) >= LEAST_CREATORS
    return np.asarray(enough)


def _agreed(heard: _Heard, has: Mask, score: float) -> float:
    """Give the larger p of both tests; the second is asked only where the first could name it."""
    chance = float(chances(np.array([score]))[0])
    if chance > NAMED:
        return chance
    value, _, other, clusters = heard.measured(has, heard.capped)
    least = LEAST_CLUSTERS if heard.frame.is_many else OWN_CLUSTERS
    return max(chance, other) if clusters >= least and value * score > 0 else 1.0


def _pairs(heard: _Heard, usage: Usage, found: Sequence[Pattern]) -> list[Pattern]:
    """Test pairs of those named and of common ones, beyond what each of the two goes with: all would be too many."""
    common = COMMON * len(heard.frame)
    meant = [one.terms[0] for one in found if one.false_share <= NAMED or one.sides.media[0] >= common]
    places = [usage.names.index(one) for one in meant[:MOST_PAIRED]]
    made = (_pair(heard, usage, one, other) for one, other in combinations(places, 2))
    return [one for one in made if one is not None]


def _pair(heard: _Heard, usage: Usage, one: int, other: int) -> Pattern | None:
    first, second = usage.has(one), usage.has(other)
    joint = first & second
    side = sides(heard.frame, joint)
    if not side.are_enough(is_many=heard.frame.is_many):
        return None
    part = heard.beside(first, second)
    surplus = Usage(("both",), csr_array(_beyond(joint, np.column_stack([first, second]), heard.frame.blocks())))
    chance = _agreed(part, joint, float(part.scores(surplus)[0]))
    lift = float(joint.mean() / (first.mean() * second.mean()))
    return Pattern((usage.names[one], usage.names[other]), side, chance, pair=True, lift=lift)


def _beyond(joint: Mask, single: Numbers, blocks: Codes) -> Numbers:
    """Give what of a column its two singles do not explain, within blocks: else the singles would be dealt along."""
    both = np.column_stack([joint, single]).astype(np.float64)
    sizes = np.bincount(blocks)
    centred = both - (summed(both, blocks, len(sizes)) / sizes[:, None])[blocks]
    explained = np.linalg.lstsq(centred[:, 1:], centred[:, 0], rcond=None)[0]
    return np.asarray(centred[:, :1] - (centred[:, 1:] @ explained)[:, None])


def _judged(found: Sequence[Pattern]) -> list[Pattern]:
    """Adjust for everything that was tested; the surest first."""
    if not found:
        return []
    shares = adjusted(np.array([one.chance for one in found]))
    judged = [replace(one, false_share=float(share)) for one, share in zip(found, shares, strict=True)]
    return sorted(judged, key=lambda one: (one.false_share, one.chance, one.terms))


def _told(heard: _Heard, usage: Usage, one: Pattern, told: Sequence[str]) -> Pattern:
    """Give what is named, or asked for by name, its ratio: of whole counts, as with every effect."""
    is_named = one.false_share <= NAMED
    if not is_named and not set(told) & set(one.terms):
        return one
    part, has = heard, usage.has(usage.names.index(one.terms[0]))
    if one.pair:
        second = usage.has(usage.names.index(one.terms[1]))
        part, has = heard.beside(has, second), has & second
    value, half, _, _ = part.measured(has, part.frame.counts)
    rises = part.measured(has, part.capped)[0] > 0
    verdict = (EffectVerdict.MORE if rises else EffectVerdict.LESS) if is_named else EffectVerdict.UNCERTAIN
    ratios = (math.exp(value), math.exp(value - half), math.exp(min(value + half, 700.0)))
    return replace(one, verdict=verdict, ratio=ratios[0], low=ratios[1], high=ratios[2])
