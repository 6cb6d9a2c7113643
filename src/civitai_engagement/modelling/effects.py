"""Do media with this do better than media of the same creator and time without it? And how sure is that?"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from civitai_engagement.modelling.aliases import aliases
from civitai_engagement.modelling.arrays import Numbers
from civitai_engagement.modelling.beside import spread_between
from civitai_engagement.modelling.design import Asked, Design, SideCounts, design
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.modelling.jackknife import Estimates, estimate, quantile
from civitai_engagement.modelling.multiple import adjusted
from civitai_engagement.modelling.poisson import Fit, Sample, fit, sample_of, with_reactions, without_runaways
from civitai_engagement.records.findings import NAMING, EffectVerdict

NAMED = 0.05
LEAST_CLUSTERS = 5.0
# What is told by fewer of the media that tell a parameter is not held equal for it: too many media would be lost.
OFTEN_TOLD = 0.75
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Effect:
    """One row: media with it have `ratio` times the reactions of the same creator's media without, in `low` to `high`.

    `chance` and `false_share` (p and q) are of counts without runaways. Where the verdict is sure and the interval of
    whole counts still holds 1, it is `blurred`: sure in ordinary posts, not with the runaway ones. `visible` is the
    ratio that could just have been seen; `spread` how much the effect differs between creators, as the standard
    deviation of its logarithm.
    """

    parameter: Parameter
    label: str
    sides: SideCounts
    verdict: EffectVerdict
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    false_share: float | None = None
    visible: float | None = None
    alias: str | None = None
    blurred: bool = False
    spread: float | None = None

    @property
    def is_named(self) -> bool:
        return self.verdict in NAMING


@dataclass(frozen=True, slots=True)
class Effects:
    """All that was asked, named or not; `is_suspect` says that a number that cannot matter looks as if it did."""

    rows: Sequence[Effect]
    tested: int
    media: int
    posts: int
    creators: int
    silent_media: int
    visible: float | None
    is_suspect: bool

    @property
    def named(self) -> list[Effect]:
        return [row for row in self.rows if row.is_named]


@dataclass(frozen=True, slots=True)
class _Estimate:
    """One contrast: the logarithm of its ratio, its error, half its interval, its p, the clusters it rests on."""

    value: float
    error: float
    half: float
    chance: float
    clusters: float


@dataclass(frozen=True, slots=True)
class _Question:
    """One contrast with all that was computed of it; no estimate where it cannot be told from another."""

    asked: Asked
    whole: _Estimate | None = None
    capped: _Estimate | None = None
    alias: str | None = None
    spread: float | None = None


def effects(frame: Frame) -> Effects:
    """Ask about every parameter of a frame at once, each given all others.

    Named is what has q of at most 0.05 among everything tested, shown or not.
    """
    loud = frame.only(frame.in_blocks(with_reactions(frame.counts, frame.blocks())))
    questions = [question for part in _parts(loud) for question in _answered(*part)]
    tested = [one for one in questions if one.whole is not None]
    shares = adjusted(np.array([one.capped.chance for one in tested if one.capped]))
    shares_by_row = {id(one): float(share) for one, share in zip(tested, shares, strict=True)}
    rows = [_row(one, shares_by_row.get(id(one)), len(tested)) for one in questions]
    suspect = any(row.parameter.is_null_check and row.is_named for row in rows)
    sizes = [len(np.unique(groups)) for groups in (loud.posts, loud.creators)]
    silent = len(frame) - len(loud)
    return Effects(rows, len(tested), len(loud), sizes[0], sizes[1], silent, _visible(rows), suspect)


def _parts(frame: Frame) -> Iterator[tuple[Frame, list[Parameter], set[str]]]:
    """Part what is asked into models: each parameter stands with all that are mostly told where it is told.

    So what nearly all tell is in one model, each given all others; what few tell is asked of those few, given the rest.
    """
    models: dict[frozenset[str], set[str]] = {}
    told = frame.told_beside()
    for one in frame.parameters:
        models.setdefault(_beside(frame, one, told[one.name]), set()).add(one.name)
    for names, wanted in models.items():
        parameters = [one for one in frame.parameters if one.name in names]
        yield frame.only(frame.known(*names)), parameters, wanted


def _beside(frame: Frame, asked: Parameter, told: Mapping[str, float]) -> frozenset[str]:
    """Name what is in the model of a parameter: all that is mostly told by the media that tell it."""
    others = {one.name for one in frame.parameters if one.is_control or not asked.is_beside_controls}
    return frozenset(name for name in others if told[name] >= OFTEN_TOLD) | {asked.name}


def _answered(frame: Frame, parameters: Sequence[Parameter], wanted: set[str]) -> Iterator[_Question]:
    """Answer what is `wanted` of one model; the rest of its parameters are held equal."""
    made = design(frame, parameters)
    for term in made.terms:
        if term.parameter.name in wanted:
            yield from (_Question(short) for short in term.short)
    every = list(made.asked())
    asked = [place for place, one in enumerate(every) if one[0].parameter.name in wanted]
    if not asked:
        return
    contrasts = np.array([every[place][1] for place in asked])
    fitted = [fit(_sample(frame, made, counts)) for counts in (frame.counts, _capped(frame))]
    estimates = [_each(estimate(one, contrasts)) for one in fitted]
    alias = aliases(every, made.owners(), fitted[0].hessian, frame.posts)
    spreads = _spreads(frame, fitted[1], contrasts)
    for place, whole, capped, spread in zip(asked, *estimates, spreads, strict=True):
        is_rested = min(whole.clusters, capped.clusters) >= LEAST_CLUSTERS and alias[place] is None
        one = _Question(every[place][0], alias=alias[place])
        yield replace(one, whole=whole, capped=capped, spread=spread) if is_rested else one


def _spreads(frame: Frame, fitted: Fit, contrasts: Numbers) -> list[float | None]:
    """Say by how much each effect differs between creators, where creators are the unit."""
    if not frame.is_many:
        return [None] * len(contrasts)
    posts = frame.posts[with_reactions(frame.counts, frame.blocks())]
    return [spread_between(fitted, contrast, posts) for contrast in contrasts]


def _each(estimates: Estimates) -> list[_Estimate]:
    told = (estimates.values, estimates.errors, estimates.half_widths, estimates.chances, estimates.clusters)
    return [_Estimate(*map(float, row)) for row in zip(*told, strict=True)]


def _capped(frame: Frame) -> Numbers:
    return without_runaways(frame.counts, frame.blocks())


def _sample(frame: Frame, made: Design, counts: Numbers) -> Sample:
    return sample_of(counts, made.columns, frame.blocks(), frame.clusters(), frame.posts)


def _row(one: _Question, share: float | None, tested: int) -> Effect:
    plain = Effect(one.asked.parameter, one.asked.label, one.asked.sides, EffectVerdict.SHORT)
    if one.alias is not None:
        return replace(plain, verdict=EffectVerdict.ALIASED, alias=one.alias)
    if one.whole is None or one.capped is None or share is None:
        return plain
    told = _told(plain, one.whole, one.capped, share)
    return replace(told, visible=visible(one.capped.error, one.capped.clusters, tested), spread=one.spread)


def _told(plain: Effect, whole: _Estimate, capped: _Estimate, share: float) -> Effect:
    value, half = whole.value, whole.half
    is_named = share <= NAMED
    return replace(
        plain,
        verdict=(EffectVerdict.MORE if capped.value > 0 else EffectVerdict.LESS)
        if is_named
        else EffectVerdict.UNCERTAIN,
        ratio=math.exp(value),
        low=math.exp(value - half),
        high=math.exp(min(value + half, 700.0)),
        chance=capped.chance,
        false_share=share,
        blurred=is_named and abs(value) <= half,
    )


def visible(error: float, clusters: float, tested: int) -> float:
    """Give the ratio that would be named four times in five (Bloom 1995), as the only one among all that is tested.

    The level is that of the smallest p in the list: at five in a hundred for one question alone, the ratio told would
    be found in two of five worlds only (`python -m studies`).
    """
    freedom = np.array(max(clusters - 1, 1.0))
    reach = float(quantile(1 - NAMED / 2 / tested, freedom) + quantile(POWER, freedom))
    return math.exp(min(reach * error, 700.0))


def _visible(rows: Sequence[Effect]) -> float | None:
    seen = [row.visible for row in rows if row.visible is not None]
    return float(np.median(seen)) if seen else None
