"""How a media was made, as features: one plain value for each thing that may go with reactions, None where unknown."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice

from civitai_engagement.records.features import Features
from civitai_engagement.records.media import SEVERAL, Generation, Resource

# Whoever changes what is read off raises this: what is kept is then read off anew.
RULES = 2
MOST_PHRASES = 64
LONGEST_NAME = 200
SHORTEST_PHRASE, LONGEST_PHRASE = 2, 60
SQUARE = 1.1  # within a tenth
# Base models by what their names begin with; the first that fits. What is not here is a family of its own.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("Anima", "Anima"),
    ("Flux.2", "Flux.2"),
    ("Flux", "Flux.1"),
    ("Hunyuan", "Hunyuan"),
    ("LTXV", "LTXV"),
    ("Pony V7", "Pony V7"),
    ("Pony", "Pony"),
    ("Qwen", "Qwen"),
    ("SD 1", "SD 1"),
    ("SD 2", "SD 2"),
    ("SD 3", "SD 3"),
    ("SDXL", "SDXL"),
    ("SVD", "SVD"),
    ("Wan", "Wan"),
    ("ZImage", "ZImage"),
)
_TAG = re.compile(r"<[^<>]{1,300}>")
_BREAK = re.compile(r"[,.\n]|\bBREAK\b")
_WEIGHT = re.compile(r":-?\d+(?:\.\d+)?(?=\s*[)\]]|\s*$)")
_BRACKETS = str.maketrans("", "", "()[]{}\\")


def features(
    made: Generation | None, *, width: int | None = None, height: int | None = None, base_model: str | None = None
) -> Features:
    """Read the features off what was recorded of one media.

    >>> features(Generation(steps=30, prompt="a lighthouse, at dawn"), width=512, height=768).shape
    'tall'
    """
    size = _size(width, height)
    family = family_of(base_model)
    if made is None or not _tells(made):
        return Features(has_parameters=False, megapixels=size[0], shape=size[1], base_family=family)
    loras = [one for one in made.resources if one.type == "lora"]
    weights = [one.weight for one in loras if one.weight is not None]
    return Features(
        has_parameters=True,
        steps=made.steps,
        cfg=made.cfg_scale,
        sampler=_cut(made.sampler),
        scheduler=_cut(made.scheduler),
        clip_skip=made.clip_skip,
        denoise=made.denoise,
        is_hires=_is_hires(made.additional, made.resources),
        is_seed_odd=None if made.seed is None else made.seed % 2 == 1,
        prompt_words=_words(made.prompt),
        negative_words=_words(made.negative_prompt),
        megapixels=size[0],
        shape=size[1],
        base_family=family,
        checkpoint=_checkpoint(made),
        loras=tuple(sorted({name for one in loras if (name := _cut(one.called))})),
        lora_weight=sum(weights) / len(weights) if weights else None,
        phrases=phrases(made.prompt or ""),
        negative_phrases=phrases(made.negative_prompt or ""),
    )


def family_of(base_model: str | None) -> str | None:
    """Name the family of a base model: `Wan Video 2.2 I2V-A14B` is of Wan; one nobody knows is its own.

    >>> family_of("SDXL Lightning"), family_of("Chroma"), family_of("Pony + SDXL 1.0 + SDXL Turbo")
    ('SDXL', 'Chroma', 'Pony + SDXL')
    """
    if not base_model:
        return None
    return SEVERAL.join(dict.fromkeys(map(_family, base_model.split(SEVERAL))))


def _family(base_model: str) -> str:
    return next((family for start, family in FAMILIES if base_model.startswith(start)), base_model[:LONGEST_NAME])


def phrases(prompt: str) -> tuple[str, ...]:
    """Part a prompt into phrases, each once: lower case, without weights and tags, in the order they come.

    >>> phrases("A fox, (soft_light:1.2), <lora:ink:0.8> BREAK a fox")
    ('a fox', 'soft light')
    """
    return tuple(islice(dict.fromkeys(_phrases(prompt)), MOST_PHRASES))


def _phrases(prompt: str) -> Iterator[str]:
    for piece in _BREAK.split(_TAG.sub(",", _with_weights_whole(prompt))):
        bare = _WEIGHT.sub("", piece.strip()).translate(_BRACKETS)
        folded = " ".join(unicodedata.normalize("NFC", bare).lower().replace("_", " ").split())
        if SHORTEST_PHRASE <= len(folded) <= LONGEST_PHRASE:
            yield folded


def _with_weights_whole(prompt: str) -> str:
    """Drop weights before parting at full stops: 1.2 is no end of a sentence."""
    return re.sub(r":-?\d+(?:\.\d+)?(?=\s*[)\]])", "", prompt)


def _tells(made: Generation) -> bool:
    told = (made.prompt, made.steps, made.cfg_scale, made.sampler, made.seed)
    return any(one is not None for one in told)


def _words(text: str | None) -> int | None:
    return None if text is None else len(_TAG.sub(" ", text).split())


def _size(width: int | None, height: int | None) -> tuple[float | None, str | None]:
    if not width or not height:
        return None, None
    ratio = height / width
    return width * height / 1e6, "tall" if ratio > SQUARE else "wide" if ratio < 1 / SQUARE else "square"


def _is_hires(additional: Mapping[str, object], used: tuple[Resource, ...]) -> bool:
    """Say whether it was enlarged while it was made, by any of the words tools have for it."""
    told = any(str(key).lower().startswith("hires") and value for key, value in additional.items())
    return told or "hires" in str(additional.get("workflow", "")) or any(one.type == "upscaler" for one in used)


def _checkpoint(made: Generation) -> str | None:
    used = next((one for one in made.resources if one.type == "checkpoint"), None)
    return _cut(used.called if used else made.model_name)


def _cut(name: str | None) -> str | None:
    return None if name is None else name[:LONGEST_NAME]
