"""From a free-form meta to a Generation."""

import json
import re
from dataclasses import replace
from typing import NamedTuple

from civitai_engagement.civitai.metadata import comfy, resources, samplers
from civitai_engagement.civitai.metadata.hashes import read_hash
from civitai_engagement.civitai.metadata.jsonb import Cleaning, cut, size
from civitai_engagement.civitai.metadata.keys import Remainder
from civitai_engagement.civitai.metadata.scalars import INT4, MAX_SEED, known, real, text, whole
from civitai_engagement.records.media import Generation, Resource

MOST_PROMPT_BYTES = 64 * 1024
MOST_ADDITIONAL_BYTES = 16 * 1024
MOST_KEYS_NAMED = 50
MOST_KEY_BYTES = 200

_SAMPLER = ("sampler", "sampler_name")
_SIZE = re.compile(r"([0-9]{1,9})\s*[xX×]\s*([0-9]{1,9})")

_count = whole(1, INT4)
_clip_skip = whole()
_seed = whole(-MAX_SEED, MAX_SEED)


class _Pixels(NamedTuple):
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def normalise(meta: object, *, model_version_ids: tuple[int, ...] = ()) -> Generation | None:
    """Read a `meta` as Civitai sends it, flat or as `{"id": N, "meta": {...}}`.

    A null meta is `None`, unless the image names its model versions: then there is something to say. Each key is
    carried exactly by a typed field, or stays under its own name in `additional`, or is named in a note as cut.
    """
    cleaning = Cleaning()
    said = cleaning.of(_unwrapped(meta))
    if not isinstance(said, dict | None):
        cleaning.note("metadata was not an object")
        said = {"meta": said}
    generation = _generation(said or {}, cleaning, model_version_ids)
    return None if said is None and not generation.resources else generation


def _unwrapped(meta: object) -> object:
    nested = isinstance(meta, dict) and meta.keys() == {"id", "meta"} and isinstance(meta["id"], int)
    return meta["meta"] if isinstance(meta, dict) and nested else meta


def _generation(meta: dict[str, object], cleaning: Cleaning, model_version_ids: tuple[int, ...]) -> Generation:
    rest = Remainder(meta)
    fields = _fields(rest, cleaning)
    used = resources.resources(rest.said, fields.prompt or "", model_version_ids)
    if rest.kept.get("comfy"):
        rest.kept["comfy"] = comfy.condense(rest.kept["comfy"], cleaning)
    if rest.unread:
        cleaning.note(f"kept as they came, not readable: {_named(rest.unread)}")
    return replace(
        fields,
        resources=_first(used, cleaning),
        additional=_within_size(rest.kept, cleaning),
        notes=tuple(cleaning.notes),
    )


def _fields(rest: Remainder, cleaning: Cleaning) -> Generation:
    width, height = _dimensions(rest)
    method = _method(rest)
    return Generation(
        prompt=_prompt(rest, cleaning, "prompt", "positive_prompt"),
        negative_prompt=_prompt(rest, cleaning, "negativePrompt", "uc"),
        steps=rest.take(_count, "steps"),
        cfg_scale=rest.take(real, "cfgScale", "guidance_scale"),
        scheduler=method.scheduler,
        sampler=method.sampler or None,
        seed=rest.take(_seed, "seed"),
        clip_skip=rest.take(_clip_skip, "clipSkip"),
        denoise=rest.take(real, "denoise", "Denoising strength"),
        width=width,
        height=height,
        model_name=rest.take(_model_name, *resources.MODEL_KEYS),
        model_hash=rest.take(_hash, "Model hash"),
    )


def _method(rest: Remainder) -> samplers.Sampling:
    """Read sampler and schedule. InvokeAI calls its sampler scheduler, and has no other."""
    said, scheduled = known(rest.said.first(*_SAMPLER)), known(rest.said.first("scheduler"))
    is_invoke = said is None and samplers.is_sampler(scheduled or "")
    carried = samplers.split((scheduled if is_invoke else said) or "").scheduler
    sampler = rest.take(_sampler, *(("scheduler", *_SAMPLER) if is_invoke else _SAMPLER))
    schedule = rest.take(_schedule, *(() if is_invoke else ("scheduler",)), "Schedule type", "noise_schedule")
    is_chosen = schedule is not None and not (schedule == samplers.AUTOMATIC and carried)
    return samplers.Sampling(sampler or "", schedule if is_chosen else carried)


def _prompt(rest: Remainder, cleaning: Cleaning, key: str, *others: str) -> str | None:
    said = rest.take(text, key, *others)
    kept = cut(said, MOST_PROMPT_BYTES) if said else said
    if kept != said:
        cleaning.note(f"{key} was cut: the first {MOST_PROMPT_BYTES} bytes are kept")
    return kept


def _dimensions(rest: Remainder) -> tuple[int | None, int | None]:
    width, height = rest.take(_count, "width"), rest.take(_count, "height")
    said = _pixels(rest.said.first("Size"))
    if said and not (width in (None, said.width) and height in (None, said.height)):
        return width, height
    rest.take(_pixels, "Size")
    return said or (width, height)


def _pixels(raw: object) -> _Pixels | None:
    match = _SIZE.fullmatch(raw) if isinstance(raw, str) else None
    width, height = (_count(match[1]), _count(match[2])) if match else (None, None)
    return _Pixels(width, height) if width and height else None


def _model_name(raw: object) -> str | None:
    """Read a name, or InvokeAI's object; that stays beside the field."""
    said = next((raw[key] for key in ("name", "model_name") if key in raw), None) if isinstance(raw, dict) else raw
    return known(said)


def _hash(raw: object) -> str | None:
    return read_hash(raw) or known(raw)


def _sampler(raw: object) -> str | None:
    return samplers.split(known(raw) or "").sampler or None


def _schedule(raw: object) -> str | None:
    said = known(raw)
    return samplers.scheduler_name(said) if said else None


def _first(used: tuple[Resource, ...], cleaning: Cleaning) -> tuple[Resource, ...]:
    if len(used) > resources.MOST:
        cleaning.note(f"resources were cut: the first {resources.MOST} of {len(used)} are kept")
    return used[: resources.MOST]


def _within_size(kept: dict[str, object], cleaning: Cleaning) -> dict[str, object]:
    excess = size(kept) - MOST_ADDITIONAL_BYTES
    if excess <= 0:
        return kept
    sizes = {key: size({key: value}) for key, value in kept.items()}
    dropped: dict[str, None] = {}
    for key in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if excess <= 0:
            break
        dropped[key] = None
        excess -= sizes[key]
    cleaning.note(f"cut, too large to keep: {_named(list(dropped))}")
    return {key: value for key, value in kept.items() if key not in dropped}


def _named(keys: list[str]) -> str:
    names = [json.dumps(cut(key, MOST_KEY_BYTES), ensure_ascii=False) for key in keys[:MOST_KEYS_NAMED]]
    more = len(keys) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
