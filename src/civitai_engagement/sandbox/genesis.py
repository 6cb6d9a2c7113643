"""How a synthetic population comes about: creators, posts, media, and the effects planted in their growth."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import cycle
from random import Random
from types import MappingProxyType
from typing import Any

from civitai_engagement.sandbox import metadata
from civitai_engagement.sandbox.catalogue import ModelVersion, Post
from civitai_engagement.sandbox.growth import Counts, Growth, Withdrawal, any_curve
from civitai_engagement.sandbox.items import NEVER, Absence, Item

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_POST = 21_000_001
FIRST_IMAGE = 101_000_001
LORA_VERSION = 500_101

CREATOR_NAMES = (
    "ana",
    "Boreal",
    "cinder_ink",
    "Dovetail",
    "emberfox",
    "Fathom9",
    "gloam",
    "HexPetal",
    "ivory_tram",
    "jun",
)
MODELS = (
    ("plainModel", "SDXL 1.0"),
    ("harbourMix", "Illustrious"),
    ("ponyMeadow", "Pony"),
    ("oldLantern", "SD 1.5"),
    ("fluxGarden", "Flux.1 D"),
)
TAGS = ((111, "landscape"), (112, "animal"), (113, "architecture"), (114, "night"))

POST_SIZES = (1, 1, 2, 3, 4, 6, 8, 12, 20)

EFFECTS: Mapping[str, float] = MappingProxyType(
    {
        "base model Illustrious": 1.6,
        "base model SD 1.5": 0.7,
        "steps of 30 or more": 1.3,
        "cfg above 9": 0.7,
        "lora softLight": 1.25,
        "video": 1.5,
        "first of its post": 1.5,
    }
)


@dataclass(frozen=True, slots=True)
class Creator:
    """Who posts, and how many reactions a plain image of theirs gets in the end."""

    name: str | None
    strength: float
    share_ignored: float


@dataclass(frozen=True)
class Genesis:
    """A population by its seed.

    >>> len(list(Genesis(seed=7, creators=12, posts=60, now=now).population()))
    75
    """

    seed: int
    creators: int
    posts: int
    now: datetime

    @cached_property
    def versions(self) -> tuple[ModelVersion, ...]:
        born = self.now - 400 * DAY
        checkpoints = (
            ModelVersion(500_001 + place, 400_001 + place, name, "v1", base_model, born)
            for place, (name, base_model) in enumerate(MODELS)
        )
        lora = ModelVersion(LORA_VERSION, 400_101, metadata.LORA, "v2", "SDXL 1.0", born, type="LORA")
        return (*checkpoints, lora)

    def population(self) -> Iterator[tuple[Post, list[Item]]]:
        """Posts with their media: `posts` of the last sixty days, a quarter as many in the week to come."""
        random = Random(self.seed)  # noqa: S311 -- a synthetic world, no secret
        people = [self._creator(random, place) for place in range(self.creators)]
        oddities = cycle(metadata.odd_metas())
        first_image = FIRST_IMAGE
        for place, published_at in enumerate(self._dates(random)):
            creator = people[place] if place < len(people) else random.choice(people)
            quality = random.lognormvariate(0, 0.5)
            maker = _Maker(random, creator, published_at, quality, self.versions[:-1], oddities)
            post = maker.post(FIRST_POST + place)
            items = [maker.item(post, first_image + index, index) for index in range(random.choice(POST_SIZES))]
            first_image += len(items)
            yield post, items

    def _creator(self, random: Random, place: int) -> Creator:
        strength = random.lognormvariate(math.log(40), 1.0)
        ignored = random.uniform(0.0, 0.3)
        if place == 5:
            return Creator(None, strength, ignored)
        known = place < len(CREATOR_NAMES)
        return Creator(CREATOR_NAMES[place] if known else f"creator_{place:03}", strength, ignored)

    def _dates(self, random: Random) -> list[datetime]:
        past = [self.now - 60 * DAY * random.random() ** 2 for _ in range(self.posts)]
        future = [self.now + 7 * DAY * random.random() for _ in range(self.posts // 4)]
        return sorted((at.replace(microsecond=0) for at in past), reverse=True) + sorted(future)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one post of one creator, and its media."""

    random: Random
    creator: Creator
    published_at: datetime
    quality: float
    versions: tuple[ModelVersion, ...]
    oddities: Iterator[str]

    def post(self, post_id: int) -> Post:
        title = metadata.prompt(self.random).capitalize() if self.random.random() < 0.8 else None
        detail = "<p>Made for the sandbox.</p>" if self.random.random() < 0.3 else None
        return Post(post_id, self.creator.name, self.published_at, title, detail, (self.random.choice(TAGS),))

    def item(self, post: Post, image_id: int, index: int) -> Item:
        random = self.random
        version = random.choice(self.versions)
        recipe = self._recipe(version)
        kind = random.choices(("image", "video", "audio"), (0.88, 0.1, 0.02))[0]
        effects = _effects(recipe, version, kind, index)
        item = Item(
            id=image_id,
            post_id=post.id,
            username=post.username,
            type=kind,
            level=random.choices((1, 2, 4, 8, 16), (55, 15, 15, 10, 5))[0],
            counters=self._growth(math.prod(effects.values())),
            uploaded_at=self.published_at - random.random() * 2 * DAY,
            published_at=self.published_at,
            meta=self._meta(recipe),
            base_models=(version.base_model,),
            model_version_ids=(version.id,),
            manual_version_ids=(LORA_VERSION,) if recipe.lora_version_id else (),
            tags=tuple(random.sample(TAGS, 2)),
            hidden=random.random() < 0.04,
            absences=self._absences(),
            effects=effects,
        )
        return _oddly(item, random)

    def _recipe(self, version: ModelVersion) -> metadata.Recipe:
        steps = self.random.choice((8, 20, 25, 28, 30, 35, 40))
        cfg = self.random.choice((3.5, 5.0, 7.0, 7.5, 10.0))
        lora = LORA_VERSION if self.random.random() < 0.3 else None
        return metadata.Recipe(version.model_name, version.id, steps, cfg, lora)

    def _meta(self, recipe: metadata.Recipe) -> metadata.Meta | None:
        draw = self.random.random()
        if draw < 0.25:
            return metadata.odd_metas(recipe)[next(self.oddities)]
        if draw < 0.33:
            return None
        make = metadata.onsite_meta if draw < 0.5 else metadata.comfy_meta if draw < 0.6 else metadata.ordinary_meta
        return make(self.random, recipe)

    def _growth(self, effect: float) -> Growth:
        random = self.random
        wanted = self.creator.strength * self.quality * effect * random.lognormvariate(0, 0.4)
        total = 0.0 if random.random() < self.creator.share_ignored else wanted
        counts = Counts(
            like=round(total * 0.62),
            heart=round(total * 0.25),
            laugh=round(total * 0.09),
            cry=round(total * 0.04),
            comment=round(total * random.uniform(0, 0.04)),
        )
        withdrawn = random.random() < 0.04
        withdrawal = Withdrawal(random.uniform(6, 100) * HOUR, random.uniform(0.05, 0.4)) if withdrawn else None
        return Growth(counts, any_curve(random), withdrawal)

    def _absences(self) -> tuple[Absence, ...]:
        if self.random.random() >= 0.04:
            return ()
        since = self.published_at + self.random.uniform(1, 40) * DAY
        returns = self.random.random() < 0.5
        return (Absence(since, since + DAY if returns else NEVER),)


def _effects(recipe: metadata.Recipe, version: ModelVersion, kind: str, index: int) -> dict[str, float]:
    facts = {
        f"base model {version.base_model}": True,
        "steps of 30 or more": recipe.steps >= 30,
        "cfg above 9": recipe.cfg > 9,
        "lora softLight": recipe.lora_version_id is not None,
        "video": kind == "video",
        "first of its post": index == 0,
    }
    return {name: EFFECTS[name] for name, holds in facts.items() if holds and name in EFFECTS}


def _oddly(item: Item, random: Random) -> Item:
    """One media in eight lacks a field, or has it in an odd form."""
    if random.random() >= 0.125:
        return item
    oddities: tuple[dict[str, Any], ...] = (
        {"hash": None},
        {"base_models": ()},
        {"base_models": None},
        {"base_models": (item.base_models or ()) * 2},
        {"model_version_ids": ()},
        {"width": None, "height": None},
    )
    return replace(item, **random.choice(oddities))
