"""How one media was made, as plain values that models and tables share."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of how one media was made; `has_parameters` says whether its metadata told anything.

    `checkpoint` and `loras` are names, else `version N` where only Civitai's number is known, else `hash X`.
    """

    has_parameters: bool
    steps: int | None = None
    cfg: float | None = None
    sampler: str | None = None
    scheduler: str | None = None
    clip_skip: int | None = None
    denoise: float | None = None
    is_hires: bool | None = None
    is_seed_odd: bool | None = None
    prompt_words: int | None = None
    negative_words: int | None = None
    megapixels: float | None = None
    shape: str | None = None
    base_family: str | None = None
    checkpoint: str | None = None
    loras: tuple[str, ...] | None = None
    lora_weight: float | None = None
    phrases: tuple[str, ...] = ()
    negative_phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeRow:
    """One media as models take it: its count at one age, where it stands in its post, and how it was made."""

    count: float
    post_id: int
    creator: str
    published_at: datetime
    kind: str
    level: int | None
    place: int
    post_size: int
    features: Features
