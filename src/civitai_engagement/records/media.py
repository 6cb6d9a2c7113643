"""One Civitai image, video or audio as a value: what it is, how it was made, what its counters said."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any


class MediaType(StrEnum):
    """Kinds of media Civitai lists."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$", re.IGNORECASE)
SEVERAL = " + "  # between the base models of a media that has several
COUNTERS = ("like", "heart", "laugh", "cry", "dislike", "comment")
SIX = attrgetter(*COUNTERS)  # gives the six counters in this order


@dataclass(frozen=True, slots=True)
class Counters:
    """The six cumulative counters of one media; an unknown set is `None`, never zeros.

    Five are known. Dislikes, which Civitai counts no more, are `None` where it leaves them out.
    """

    like: int
    heart: int
    laugh: int
    cry: int
    dislike: int | None
    comment: int

    @property
    def reactions(self) -> int:
        """Likes, hearts, laughs and cries; dislikes are always 0 upstream and not counted."""
        return self.like + self.heart + self.laugh + self.cry

    @property
    def total(self) -> int:
        """Reactions and comments."""
        return self.reactions + self.comment

    @property
    def all_zero(self) -> bool:
        return not any((self.like, self.heart, self.laugh, self.cry, self.dislike, self.comment))


def by_name(counters: Counters | None) -> dict[str, int | None]:
    """Give each counter under its name; all are unknown where none is known."""
    return dict.fromkeys(COUNTERS) if counters is None else dict(zip(COUNTERS, SIX(counters), strict=True))


def added(counters: Iterable[Counters]) -> Counters:
    """Add up counter by counter; dislikes stay unknown where one is."""
    all_six = [SIX(one) for one in counters]
    sums: list[Any] = [None if None in column else sum(column) for column in zip(*all_six, strict=True)]
    return Counters(*sums) if sums else Counters(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Resource:
    """One model, LoRA or other file that an image says it used.

    `source` is where it was said: modelVersionIds, civitaiResources, resources, hashes, additionalResources, models,
    prompt.
    """

    source: str
    version_id: int | None = None
    type: str | None = None
    name: str | None = None
    weight: float | None = None
    hash: str | None = None

    @property
    def called(self) -> str | None:
        """What to call it: its file without folders and extension, else its version, else its hash."""
        if self.name:
            return stem(self.name)
        return f"version {self.version_id}" if self.version_id is not None else self.hash and f"hash {self.hash}"


def stem(file: str) -> str:
    """Give the name of a file without folders and extension: `styles/ink.safetensors` is ink."""
    base = re.split(r"[\\/]", file)[-1] or file
    return _EXTENSION.sub("", base.strip()).strip()


@dataclass(frozen=True, slots=True)
class Generation:
    """Normalised generation parameters. What no typed field carries exactly stays under its own key in `additional`."""

    prompt: str | None = None
    negative_prompt: str | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    sampler: str | None = None
    scheduler: str | None = None
    seed: int | None = None
    clip_skip: int | None = None
    denoise: float | None = None
    width: int | None = None
    height: int | None = None
    model_name: str | None = None
    model_hash: str | None = None
    resources: tuple[Resource, ...] = ()
    additional: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """One item of Civitai's image list. Anything Civitai did not say, or said as "unknown", is `None`."""

    id: int
    url: str
    type: MediaType = MediaType.IMAGE
    post_id: int | None = None
    width: int | None = None
    height: int | None = None
    hash: str | None = None
    nsfw: bool | None = None
    nsfw_level: str | None = None
    browsing_level: int | None = None
    created_at: datetime | None = None
    username: str | None = None
    base_model: str | None = None
    model_version_ids: tuple[int, ...] = ()
    counters: Counters | None = None
    generation: Generation | None = None


@dataclass(frozen=True, slots=True)
class Birth:
    """When a stored media was published, as far as known, and when it was first seen."""

    published_at: datetime | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class PostDetails:
    """What Civitai's post endpoint says of a post besides its media."""

    id: int
    title: str | None
    detail: str | None
    username: str | None
    published_at: datetime | None
    nsfw_level: int | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """A thing Civitai sent that could not be read, kept raw (JSON text, capped) with the reason."""

    subject: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one question to Civitai brought: media ordered by id, and how fresh and complete it is.

    `as_of` is the age-corrected time of the oldest page; `fetched_at` when we asked. `from_memory` says that a
    recent answer was repeated. `is_complete` says that nothing asked for is left out: not where more pages come, nor
    where `notes` doubt it. `retries` are those of the `requests` that had to be sent again.
    """

    media: tuple[Media, ...]
    as_of: datetime
    fetched_at: datetime
    requests: int = 0
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    from_memory: bool = False
    is_complete: bool = True
    retries: int = 0
