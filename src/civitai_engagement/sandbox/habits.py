"""Creators with habits: what each uses most of the time, in posts whose media mostly share a recipe."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import TypeVar

from civitai_engagement.sandbox.catalogue import ModelVersion
from civitai_engagement.sandbox.phrases import Vocabulary, vocabulary
from civitai_engagement.sandbox.planted import WorldPlan, noise, poisson
from civitai_engagement.sandbox.recipes import FORMS, SAMPLERS, SCHEDULERS, Making

T = TypeVar("T")

STEPS = (12, 16, 20, 25, 30, 40, 50)
CFGS = (3.5, 4.5, 5.5, 7.0, 8.5)
SHAPES = ((832, 1216), (640, 960), (1024, 1024), (768, 768), (1216, 832), (960, 640), (1536, 1536), (1280, 1856))
LEVELS = (1, 2, 4, 8, 16)
SIZES = (1, 1, 2, 3, 4, 6, 8, 12)
UNWANTED = ("blurry", "watermark", "extra edges", "low contrast", "jpeg artifacts", "text", "cropped", "banding")
SHARED = 0.7  # of the media of a post share its recipe
KEPT_HABIT = 0.5
FEWEST_POSTS, MOST_POSTS = 5, 80
STRONGEST_BASE = "Illustrious"
OTHER_BASE = "Pony"


@dataclass(frozen=True, slots=True)
class Habit:
    """What one creator does, and how much they are liked: `strength` is the usual count of a plain image of theirs."""

    name: str
    strength: float
    posts: int
    steps: int
    cfg: float
    sampler: str
    scheduler: str
    shape: tuple[int, int]
    version: ModelVersion
    models: Sequence[ModelVersion]
    hires: float
    lora: float
    video: float
    words: float
    unwanted: int
    level: int
    forms: tuple[str, str]
    shows: float
    own_effects: Mapping[str, float]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class MadeMedia:
    """One media as it was made, with all the reactions it is to have, and the factors that made them so many."""

    making: Making
    type: str
    level: int
    form: str
    place: int
    total: int
    effects: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MadePost:
    """One post: its creator, its day since the beginning, its media."""

    habit: Habit
    day: float
    media: Sequence[MadeMedia]


@dataclass(frozen=True)
class Population:
    """Every post of a world by its plan and seed.

    >>> sum(1 for _ in Population(PLANS[WorldName.NULL], seed=1, versions=versions).posts())
    1860
    """

    plan: WorldPlan
    seed: int
    versions: Sequence[ModelVersion]

    @cached_property
    def checkpoints(self) -> list[ModelVersion]:
        return [version for version in self.versions if version.type == "Checkpoint"]

    @cached_property
    def loras(self) -> list[ModelVersion]:
        return [version for version in self.versions if version.type == "LORA"]

    def posts(self) -> Iterator[MadePost]:
        random = Random(self.seed)  # noqa: S311 -- a synthetic world, no secret
        for place, count in enumerate(_counts(self.plan)):
            habit = self._habit(random, place, count)
            for _ in range(count):
                yield self._post(random, habit)

    def _habit(self, random: Random, place: int, posts: int) -> Habit:
        strong = random.gauss(0, 1)
        more = strong if self.plan.strong_use_more else random.gauss(0, 1)
        return Habit(
            name=f"maker_{place:03}",
            strength=self.plan.level * math.exp(self.plan.level_spread * strong),
            posts=posts,
            steps=STEPS[max(0, min(len(STEPS) - 1, round(3 + 1.5 * more)))],
            cfg=random.choice(CFGS),
            sampler=random.choice(list(SAMPLERS)),
            scheduler=random.choice(SCHEDULERS),
            shape=random.choice(SHAPES),
            version=(models := self._models(random))[0],
            models=models,
            hires=1 / (1 + math.exp(0.4 - more)),
            lora=random.uniform(0.1, 0.5),
            video=random.choice((0.0, 0.1, 0.2)),
            words=math.exp(math.log(16) + 0.4 * more),
            unwanted=random.randint(2, 6),
            level=random.choices(LEVELS, (55, 15, 15, 10, 5))[0],
            forms=(random.choice(FORMS), random.choice(FORMS)),
            shows=1.0 if random.random() < 0.8 else 0.6,
            own_effects={name: math.exp(random.gauss(0, self.plan.differing)) for name in self.plan.effects},
            vocabulary=vocabulary(random),
        )

    def _models(self, random: Random) -> Sequence[ModelVersion]:
        if not self.plan.own_models:
            return [random.choice(self.checkpoints), *self.checkpoints]
        return random.sample(self.checkpoints, self.plan.own_models)

    @cached_property
    def lifts(self) -> dict[str, float]:
        """Give the factor each checkpoint has, where checkpoints differ."""
        random = Random(f"{self.seed}/models")  # noqa: S311 -- a synthetic world, no secret
        names = [version.model_name for version in self.checkpoints] if self.plan.models else []
        return {name: math.exp(random.gauss(0, self.plan.models)) for name in names}

    def _post(self, random: Random, habit: Habit) -> MadePost:
        day = self.plan.days * random.random()
        elapsed = day / self.plan.days
        level = habit.strength * self.plan.growth ** (elapsed - 0.5) * noise(random, self.plan)
        recipe = self._making(random, habit, elapsed)
        is_video = random.random() < habit.video
        rating = habit.level if random.random() < 0.7 else random.choice(LEVELS)
        media = []
        for place in range(random.choice(SIZES)):
            making = recipe if random.random() < SHARED else self._making(random, habit, elapsed)
            making = replace(making, seed=random.randrange(2**32))
            media.append(self._media(random, habit, making, (is_video, rating, place), level))
        return MadePost(habit, day, media)

    def _media(
        self, random: Random, habit: Habit, making: Making, post: tuple[bool, int, int], level: float
    ) -> MadeMedia:
        is_video, rating, place = post
        effects = _effects(self.plan, habit, making, is_video=is_video, is_first=place == 0)
        if (model := making.version.model_name) in self.lifts:
            effects[f"model {model}"] = self.lifts[model]
        mean = level * math.prod(effects.values()) * math.exp(self.plan.media_spread * random.gauss(0, 1))
        form = "hidden" if random.random() > habit.shows else random.choice(habit.forms)
        kind = "video" if is_video else "image"
        return MadeMedia(making, kind, rating, form, place, poisson(random, mean), effects)

    def _making(self, random: Random, habit: Habit, elapsed: float) -> Making:
        def usual(own: T, others: Sequence[T]) -> T:
            return own if random.random() < KEPT_HABIT else random.choice(others)

        version = self._version(random, habit, elapsed)
        width, height = usual(habit.shape, SHAPES)
        return Making(
            version=version,
            loras=self._loras(random, habit, version),
            steps=usual(habit.steps, STEPS),
            cfg=usual(habit.cfg, CFGS),
            sampler=usual(habit.sampler, list(SAMPLERS)),
            scheduler=usual(habit.scheduler, SCHEDULERS),
            is_hires=random.random() < habit.hires,
            width=width,
            height=height,
            clip_skip=random.choice((1, 2)),
            denoise=random.choice((0.3, 0.4, 0.5)),
            seed=0,
            phrases=habit.vocabulary.prompt(random, round(habit.words * math.exp(random.gauss(0, 0.3)))),
            unwanted=tuple(random.sample(UNWANTED, habit.unwanted)),
        )

    def _version(self, random: Random, habit: Habit, elapsed: float) -> ModelVersion:
        if self.plan.growth != 1 and random.random() < 0.8:
            base = STRONGEST_BASE if random.random() < elapsed else OTHER_BASE
            return random.choice([one for one in self.checkpoints if one.base_model == base])
        return habit.version if random.random() < KEPT_HABIT else random.choice(habit.models)

    def _loras(self, random: Random, habit: Habit, version: ModelVersion) -> tuple[ModelVersion, ...]:
        share = habit.lora
        if self.plan.lora_follows:
            share = 0.6 if version.base_model == STRONGEST_BASE else 0.02
        first, *others = self.loras
        used = (first,) if random.random() < share else ()
        return (*used, *(other for other in others if random.random() < 0.08))


def _counts(plan: WorldPlan) -> list[int]:
    """Share the posts out: few creators post often; the curve is the same in every world of a size."""
    if plan.creators == 1:
        return [plan.posts]
    places = [(place + 0.5) / plan.creators for place in range(plan.creators)]
    rough = [FEWEST_POSTS + (MOST_POSTS - FEWEST_POSTS) * place**1.9 for place in places]
    counts = [max(FEWEST_POSTS, round(one * plan.posts / sum(rough))) for one in rough]
    counts[-1] += plan.posts - sum(counts)
    return counts


def _effects(plan: WorldPlan, habit: Habit, making: Making, *, is_video: bool, is_first: bool) -> dict[str, float]:
    """Give the factors on one media; an effect of steps goes by the doubling, from twenty on."""
    doubled = math.log2(making.steps / 20)
    facts = {
        "steps, per doubling": doubled,
        f"sampler {making.sampler}": 1.0,
        "hires": float(making.is_hires),
        **{f"lora {lora.model_name}": 1.0 for lora in making.loras},
        f"base model {making.version.base_model}": 1.0,
        "video": float(is_video),
        "first of its post": float(is_first),
    }
    planted = {name: plan.effects[name] * habit.own_effects[name] for name in facts if name in plan.effects}
    said = {phrase: plan.phrases[phrase] for phrase in making.phrases if phrase in plan.phrases}
    return {name: factor ** facts[name] for name, factor in planted.items() if facts[name]} | said
