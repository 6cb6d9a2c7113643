"""What is asked of media: their features as the parameters of a model."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from civitai_engagement.modelling.arrays import Numbers, codes_of
from civitai_engagement.modelling.design import LEAST_MEDIA, LEAST_POSTS
from civitai_engagement.modelling.frame import FEWEST_CREATORS, Frame, Parameter
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import Measure

BASE_MODEL = "base model"
DAY_SECONDS = 86_400
MOST_LORAS = 5
# One creator with fewer posts than this cannot carry more than the controls that matter most.
FULL_CONTROLS = 100
RESTRICTED = 4  # levels from R on


def frame_of(rows: Sequence[MadeRow]) -> Frame:
    """Make the frame of some media: every parameter with its column, unknown where metadata do not say.

    >>> effects(frame_of(rows)).named
    """
    columns = [*_controls(rows), *_numbers(rows), *_choices(rows), *_loras(rows), *_checks(rows)]
    kept = [(parameter, column) for parameter, column in columns if np.isfinite(column).any()]
    begun = min((one.published_at for one in rows), default=None)
    seconds = [(one.published_at - begun).total_seconds() for one in rows] if begun else []
    return Frame(
        np.array([one.count for one in rows], np.float64),
        codes_of(np.array([one.post_id for one in rows], np.int64)),
        codes_of(np.array([one.creator.lower() for one in rows], np.str_)),
        np.array(seconds, np.float64) / DAY_SECONDS,
        {parameter.name: column for parameter, column in kept},
        tuple(parameter for parameter, _ in kept),
    )


_Column = tuple[Parameter, Numbers]


def _controls(rows: Sequence[MadeRow]) -> list[_Column]:
    """Hold equal what is known to matter; of few posts of few creators only the most important."""
    first = _flag("first of its post", [one.place == 1 for one in rows], is_control=True)
    kind = _choice("type", [one.kind for one in rows], is_control=True)
    family = _choice(BASE_MODEL, [one.features.base_family for one in rows], is_control=True)
    if _is_small(rows):
        restricted = [None if one.level is None else one.level >= RESTRICTED for one in rows]
        return [first, kind, family, _flag("level R or higher", restricted, is_control=True)]
    level = _choice("level", [None if one.level is None else str(one.level) for one in rows], is_control=True)
    size = _number("post size", Measure.DOUBLING, [one.post_size for one in rows], is_control=True)
    return [first, kind, family, level, size]


def _is_small(rows: Sequence[MadeRow]) -> bool:
    creators = {one.creator.lower() for one in rows}
    return len(creators) < FEWEST_CREATORS and len({one.post_id for one in rows}) < FULL_CONTROLS


def _numbers(rows: Sequence[MadeRow]) -> list[_Column]:
    made = [one.features for one in rows]
    return [
        _number("steps", Measure.DOUBLING, [one.steps for one in made]),
        _number("CFG", Measure.DOUBLING, [one.cfg for one in made]),
        _number("prompt words", Measure.DOUBLING, [one.prompt_words for one in made]),
        _number("negative words", Measure.DOUBLING, [one.negative_words for one in made]),
        _number("megapixels", Measure.DOUBLING, [one.megapixels for one in made]),
        _number("denoise", Measure.UNIT, [one.denoise for one in made]),
        _flag("clip skip 2 or more", [None if one.clip_skip is None else one.clip_skip >= 2 for one in made]),
        _flag("hires", [one.is_hires for one in made]),
    ]


def _choices(rows: Sequence[MadeRow]) -> list[_Column]:
    made = [one.features for one in rows]
    return [
        _choice("sampler", [one.sampler for one in made]),
        _choice("scheduler", [one.scheduler for one in made]),
        _choice("shape", [one.shape for one in made]),
    ]


def _loras(rows: Sequence[MadeRow]) -> list[_Column]:
    """Ask of the LoRAs used most one by one, of the others how many."""
    chosen = _used_most(rows)
    used = [one.features.loras for one in rows]
    alone = [_flag(f"LoRA {name}", [None if has is None else name in has for has in used]) for name in chosen]
    others = [None if has is None else len(set(has) - set(chosen)) for has in used]
    return [*alone, _number("other LoRAs", Measure.UNIT, others)]


def _used_most(rows: Sequence[MadeRow]) -> list[str]:
    media: dict[str, int] = defaultdict(int)
    posts: dict[str, set[int]] = defaultdict(set)
    for one in rows:
        for name in one.features.loras or ():
            media[name] += 1
            posts[name].add(one.post_id)
    enough = [name for name, used in media.items() if used >= LEAST_MEDIA and len(posts[name]) >= LEAST_POSTS]
    return sorted(enough, key=lambda name: (-len(posts[name]), name))[:MOST_LORAS]


def _checks(rows: Sequence[MadeRow]) -> list[_Column]:
    """Ask what cannot matter, and whether those who show how they made it are others."""
    odd = _flag("odd seed", [one.features.is_seed_odd for one in rows])[1]
    shown = _flag("parameters shown", [one.features.has_parameters for one in rows])[1]
    return [
        (Parameter("odd seed", Measure.FLAG, is_null_check=True), odd),
        (Parameter("parameters shown", Measure.FLAG, is_beside_controls=True), shown),
    ]


def _number(name: str, measure: Measure, values: Sequence[float | None], *, is_control: bool = False) -> _Column:
    """Take a number; what has no logarithm is no answer where doublings are told."""
    least = 0.0 if measure is Measure.DOUBLING else -math.inf
    known = [math.nan if one is None or not math.isfinite(one) or one <= least else float(one) for one in values]
    return Parameter(name, measure, is_control=is_control), np.array(known, np.float64)


def _flag(name: str, values: Sequence[bool | None], *, is_control: bool = False) -> _Column:
    known = [math.nan if one is None else float(one) for one in values]
    return Parameter(name, Measure.FLAG, is_control=is_control), np.array(known, np.float64)


def _choice(name: str, values: Sequence[str | None], *, is_control: bool = False) -> _Column:
    labels = tuple(sorted({one for one in values if one is not None}))
    codes = {label: float(place) for place, label in enumerate(labels)}
    known = [math.nan if one is None else codes[one] for one in values]
    return Parameter(name, Measure.CHOICE, is_control=is_control, labels=labels), np.array(known, np.float64)
