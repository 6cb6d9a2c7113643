"""From media as they were made to what goes with their reactions, as plain values: the one way into the models."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import numpy as np
import scipy.special  # noqa: F401 # so that a missing one is missed before anything is read

from civitai_engagement.modelling.arrays import Mask
from civitai_engagement.modelling.asked import BASE_MODEL, frame_of
from civitai_engagement.modelling.bands import Band, bands
from civitai_engagement.modelling.beside import LogRatio, combined, fits
from civitai_engagement.modelling.effects import OFTEN_TOLD, Effect, effects
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.modelling.models import LEAST_MEDIA, ComparedModel, ComparedModels, compare_models
from civitai_engagement.modelling.success import success_factors
from civitai_engagement.modelling.written import found_phrases
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import (
    FoundBand,
    FoundEffect,
    FoundEffects,
    FoundModel,
    FoundModels,
    FoundPair,
    Measure,
    ModelKind,
)

__all__ = ["LogRatio", "combined", "fits", "found_effects", "found_models", "found_phrases", "study", "success_factors"]
PARAMETERS, MODELS = "parameters", "models"
MOST_MODELS = 60
MOST_PAIRED = 12
LATELY = timedelta(days=30)
NUMBERS = (Measure.DOUBLING, Measure.UNIT)
_Names = Callable[[MadeRow], Collection[str] | None]
_NAMES: Mapping[ModelKind, _Names] = {
    ModelKind.BASE: lambda row: _alone(row.features.base_family),
    ModelKind.CHECKPOINT: lambda row: _alone(row.features.checkpoint),
    ModelKind.LORA: lambda row: row.features.loras,
}


def study(rows: Sequence[MadeRow]) -> dict[str, dict[str, Any]]:
    """Study some media for every question there is: each answer as JSON, to be kept.

    >>> study(rows)["parameters"]["tested"]
    """
    models = {kind.value: found_models(rows, kind).model_dump(mode="json") for kind in ModelKind}
    return {PARAMETERS: found_effects(rows).model_dump(mode="json"), MODELS: models}


def found_effects(rows: Sequence[MadeRow]) -> FoundEffects:
    """Say what goes with more reactions; numbers also in three bands, for effects bend where a line does not."""
    frame = frame_of(rows)
    found = effects(frame)
    asked = [one for one in found.rows if min(one.sides.media) > 0]
    shown = [one for one in asked if found.is_suspect or not one.parameter.is_null_check]
    thirds = _thirds(frame, [one.parameter.name for one in shown if one.parameter.measure in NUMBERS and one.ratio])
    return FoundEffects(
        rows=tuple(_effect(one, thirds.get(one.parameter.name, ())) for one in shown),
        tested=found.tested,
        media=found.media,
        posts=found.posts,
        creators=found.creators,
        silent=found.silent_media,
        visible=found.visible,
        is_suspect=found.is_suspect,
    )


def _effect(one: Effect, parts: tuple[FoundBand, ...]) -> FoundEffect:
    return FoundEffect(
        parameter=one.parameter.name,
        label=one.label,
        measure=one.parameter.measure,
        verdict=one.verdict,
        media=one.sides.media,
        posts=one.sides.posts,
        creators=one.sides.creators,
        ratio=one.ratio,
        low=one.low,
        high=one.high,
        q=one.false_share,
        visible=one.visible,
        alias=one.alias,
        is_blurred=one.blurred,
        is_control=one.parameter.is_control,
        spread=one.spread,
        bands=parts,
    )


def _thirds(frame: Frame, names: Sequence[str]) -> dict[str, tuple[FoundBand, ...]]:
    """Compare the thirds of numbers, each beside what is told where it is told."""
    models: dict[tuple[Parameter, ...], list[str]] = defaultdict(list)
    told = frame.told_beside()
    for name in names:
        often = (one for one in frame.parameters if told[name][one.name] >= OFTEN_TOLD)
        models[tuple(often)].append(name)
    found = (bands(replace(frame, parameters=often), asked) for often, asked in models.items())
    return {name: tuple(map(_band, each)) for one in found for name, each in one.items()}


def _band(one: Band) -> FoundBand:
    columns = (one.least, one.most, one.media, one.ratio, one.low, one.high)
    return FoundBand.model_validate(dict(zip(FoundBand.model_fields, columns, strict=True)))


def found_models(rows: Sequence[MadeRow], kind: ModelKind, *, paired: Sequence[str] = ()) -> FoundModels:
    """Compare base models, checkpoints or LoRAs; those of `paired` also two by two, else those used most."""
    names = _NAMES[kind]
    told = [one for one in rows if names(one) is not None]
    used = _used(told, names)
    common = [name for name, count in used.most_common(MOST_MODELS) if count >= LEAST_MEDIA]
    meant = _meant(paired, used)
    wanted = list(dict.fromkeys([*meant, *common]))
    frame = _controls(frame_of(told), kind)
    found = compare_models(frame, _masks(told, names, wanted))
    lately = _lately(told, names)
    kept = sorted(found.rows, key=lambda one: -one.sides.media[0])
    return FoundModels(
        rows=tuple(_model(one, used[one.name] / len(told), lately.get(one.name)) for one in kept),
        pairs=tuple(_pairs(found, meant or common[:MOST_PAIRED])),
        media=len(told),
        posts=len({one.post_id for one in told}),
        creators=len({one.creator.lower() for one in told}),
        untold=len(rows) - len(told),
        rare=len(used) - len(wanted),
        spread=found.spread,
    )


def _masks(rows: Sequence[MadeRow], names: _Names, wanted: Collection[str]) -> dict[str, Mask]:
    """Say of each model which media use it."""
    masks = {name: np.zeros(len(rows), bool) for name in wanted}
    for place, one in enumerate(rows):
        for name in masks.keys() & set(names(one) or ()):
            masks[name][place] = True
    return masks


def _alone(name: str | None) -> Collection[str] | None:
    return None if name is None else (name,)


def _used(rows: Sequence[MadeRow], names: _Names) -> Counter[str]:
    return Counter(name for one in rows for name in set(names(one) or ()))


def _meant(asked: Sequence[str], used: Counter[str]) -> list[str]:
    """Find the models that names mean: spelled alike in any case, else those that hold them."""
    alike = {name.lower(): name for name in used}
    found = []
    for one in map(str.lower, asked):
        found += [alike[one]] if one in alike else [name for lower, name in alike.items() if one in lower]
    return list(dict.fromkeys(found))[:MOST_PAIRED]


def _controls(frame: Frame, kind: ModelKind) -> Frame:
    """Hold equal what is known of nearly all; base models are not held equal where they are asked about."""
    told = [one for one in frame.parameters if one.is_control and frame.known(one.name).mean() >= OFTEN_TOLD]
    return replace(frame, parameters=tuple(one for one in told if kind is not ModelKind.BASE or one.name != BASE_MODEL))


def _lately(rows: Sequence[MadeRow], names: _Names) -> dict[str, float]:
    """Give each model's share of the media of the last thirty days there are."""
    newest = max((one.published_at for one in rows), default=None)
    late = [one for one in rows if newest and newest - one.published_at <= LATELY]
    return {name: count / len(late) for name, count in _used(late, names).items()}


def _model(one: ComparedModel, share: float, lately: float | None) -> FoundModel:
    return FoundModel(
        name=one.name,
        verdict=one.verdict,
        media=one.sides.media[0],
        posts=one.sides.posts[0],
        creators=one.sides.creators,
        share=share,
        lately=lately or 0.0,
        raw=one.raw,
        ratio=one.ratio,
        low=one.low,
        high=one.high,
    )


def _pairs(found: ComparedModels, names: Sequence[str]) -> Iterator[FoundPair]:
    for one, other in combinations(names, 2):
        chance = found.chance_better(one, other)
        if chance is not None:
            yield FoundPair(one=one, other=other, chance=chance)
