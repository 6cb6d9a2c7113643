"""Base models: Civitai writes those of all checkpoints of an image in one word, "PonyPony" or "PonyIllustrious"."""

import re
from functools import cache, lru_cache

from civitai_engagement.civitai.metadata.scalars import is_unknown
from civitai_engagement.records.media import SEVERAL

NAMES = tuple(
    """
    Anima|AuraFlow|Chroma|CogVideoX|Ernie|Flux.1 S|Flux.1 D|Flux.1 Krea|Flux.1 Kontext|Flux.2 D|Flux.2 Klein 9B|
    Flux.2 Klein 9B-base|Flux.2 Klein 4B|Flux.2 Klein 4B-base|Flux 3 Video|Grok|HappyHorse|HiDream|HiDream-O1|Hunyuan 1|
    Hunyuan Video|Ideogram 4.0|Boogu|Illustrious|Imagen4|Kolors|Krea 2|LTXV|LTXV2|LTXV 2.3|Lens|Lumina|MageFlow|MAI|
    Mochi|Nano Banana|NoobAI|ODOR|OpenAI|Upscaler|Other|PixArt a|PixArt E|Playground v2|Pony|Pony V7|Qwen|Qwen 2|Qwen 3|
    Stable Cascade|SD 1.4|SD 1.5|SD 1.5 LCM|SD 1.5 Hyper|SD 2.0|SD 2.0 768|SD 2.1|SD 2.1 768|SD 2.1 Unclip|SD 3|SD 3.5|
    SD 3.5 Large|SD 3.5 Large Turbo|SD 3.5 Medium|SDXL 0.9|SDXL 1.0|SDXL 1.0 LCM|SDXL Lightning|SDXL Hyper|SDXL Turbo|
    SDXL Distilled|Reve|Seedream|SVD|SVD XT|Sora 2|Veo 3|Wan Video|Wan Video 1.3B t2v|Wan Video 14B t2v|
    Wan Video 14B i2v 480p|Wan Video 14B i2v 720p|Wan Video 2.2 TI2V-5B|Wan Video 2.2 I2V-A14B|Wan Video 2.2 T2V-A14B|
    Wan Video 2.5 T2V|Wan Video 2.5 I2V|Wan Image 2.7|Wan Video 2.7|ZImageTurbo|ZImageBase|Vidu Q1|MiniMax H3|Kling|
    Seedance|ACE Audio|PolyGen|Tripo|Hunyuan3D
    """.replace("\n    ", "").split("|")
)
# By what is written, in lower case; what joined texts have for a checkpoint without one says nothing.
_WORDS = {**{name.lower(): name for name in NAMES}, "undefined": "", "null": "", "unknown": ""}
_LONGEST = 400
_REPEATED = re.compile(r"(.{2,}?)\1+")
_PARTED = re.compile(r"\s*[,;|\n]\s*")
_PERHAPS_PARTED = re.compile(r"\s*[,;|\n/&+]\s*")


@lru_cache(maxsize=1_024)  # a page says the same one a hundred times
def base_models(text: str) -> str:
    """Part what Civitai or a person joined: each base model once, in its order; a name nobody knows stays.

    >>> base_models("PonyIllustriousPony"), base_models("Illustrious, Pony")
    ('Pony + Illustrious', 'Illustrious + Pony')
    """
    if len(text) > _LONGEST:
        return text
    pieces = [_known(piece) for piece in _PERHAPS_PARTED.split(text.strip()) if piece]
    if None in pieces:
        pieces = [_known(piece) or (_once(piece),) for piece in _PARTED.split(text.strip()) if piece]
    found = dict.fromkeys(name for piece in pieces for name in piece or ())
    return SEVERAL.join(name for name in found if not is_unknown(name))


def _once(text: str) -> str:
    repeated = _REPEATED.fullmatch(text)
    return repeated[1] if repeated else text


def _known(text: str) -> tuple[str, ...] | None:
    """Read a text as known names, the fewest that make it; spaces between them and their case do not matter."""
    written = text.lower()

    @cache
    def fewest(start: int) -> tuple[str, ...] | None:
        if start == len(written):
            return ()
        if written[start] == " ":
            return fewest(start + 1)
        rests = ((word, fewest(start + len(word))) for word in _WORDS if written.startswith(word, start))
        return min(((_WORDS[word], *rest) for word, rest in rests if rest is not None), key=len, default=None)

    return fewest(0)
